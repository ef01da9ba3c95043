import { resolve } from 'node:path'
import { z } from 'zod'
import { parseAccessRules } from './console/sign-in/access-rules.ts'
import type { SignInConfig } from './console/sign-in/identity-provider.ts'
import type { RateLimitConfig } from './rate-limits/rate-limits.ts'
import type { RuntimeConfig } from './runs/open-runtime.ts'
import type { RunLimits } from './runs/run-worker.ts'

/** Requests a second. */
const perSecond = z.coerce.number().min(0).max(1_000_000)

const port = z.coerce.number().int().min(1).max(65535)

const databaseUrl = z.string().refine((text) => /^postgres(ql)?:$/.test(URL.parse(text)?.protocol ?? ''), {
  message: 'must look like postgres://user:password@host:5432/database',
})

const baseUrl = z
  .string()
  .refine((text) => isOrigin(URL.parse(text)), {
    message:
      'must be an origin, such as https://sluice.example.com; http is for localhost alone, because codes travel there',
  })
  .transform((text) => new URL(text).origin)

function isOrigin(url: URL | null): boolean {
  if (url === null || url.pathname !== '/' || url.search !== '' || url.hash !== '' || url.username !== '') return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.includes(url.hostname))
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

const keyStore = z.string().regex(/^(file|aws-kms|gcp-kms|vault-transit):./, {
  message: 'must name a key store: file:/path, aws-kms:<arn>, gcp-kms:<name> or vault-transit:<address>',
})

const accessRules = z.string().transform((text, context) => {
  const rules = parseAccessRules(text)
  if (rules !== null && rules.length > 0) return rules
  const message =
    'must be rules such as `ada@example.com admin, @example.com viewer, groups=data editor`: who, role and, if it is ' +
    'not the first one, the tenant’s id'
  context.addIssue({ code: 'custom', message })
  return z.NEVER
})

/** Every environment variable that the server reads. */
const environmentSchema = z.object({
  PORT: port.default(8080),
  SLUICE_HOST: z.string().min(1).optional(),
  SLUICE_BASE_URL: baseUrl.optional(),
  SLUICE_DATA: z.string().min(1).optional(),
  DATABASE_URL: databaseUrl.optional(),
  SLUICE_DATABASE_ROLE: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,62}$/, 'must be a role’s name')
    .default('sluice_server'),
  SLUICE_MASTER_KEY_FILE: z.string().min(1).optional(),
  SLUICE_KEY_ENCRYPTION_KEY: keyStore.optional(),
  SLUICE_OTHER_KEY_ENCRYPTION_KEYS: z.string().optional(),
  SLUICE_CONNECTORS: z.string().optional(),
  SLUICE_PROVIDERS: z.string().optional(),
  SLUICE_RATE_LIMIT_PER_KEY: perSecond.default(1000),
  SLUICE_RATE_LIMIT_ANONYMOUS: perSecond.default(20),
  SLUICE_TRUSTED_PROXIES: z.string().optional(),
  SLUICE_METRICS_PORT: port.optional(),
  SLUICE_OIDC_ISSUER: z.string().optional(),
  SLUICE_OIDC_CLIENT_ID: z.string().optional(),
  SLUICE_OIDC_CLIENT_SECRET_FILE: z.string().optional(),
  SLUICE_OIDC_ACCESS: accessRules.optional(),
  SLUICE_RUNTIME: z.enum(['process', 'container', 'kubernetes']).default('process'),
  SLUICE_CONTAINER_SOCKET: z.string().min(1).optional(),
  SLUICE_CONTAINER_NETWORK: z.string().min(1).optional(),
  SLUICE_KUBERNETES_NAMESPACE: z.string().min(1).optional(),
  SLUICE_KUBERNETES_USER: z.coerce.number().int().min(1).optional(),
  SLUICE_RUNS_DIRECTORY: z.string().min(1).optional(),
  SLUICE_RUNS_AT_ONCE: z.coerce.number().int().min(1).max(10_000).optional(),
  SLUICE_RUNS_PER_TENANT: z.coerce.number().int().min(1).max(10_000).optional(),
  SLUICE_RUN_MINUTES: z.coerce.number().min(0.1).max(35_000).optional(),
  SLUICE_RUN_MEMORY_MB: z.coerce.number().int().min(16).optional(),
  SLUICE_RUN_CPUS: z.coerce.number().min(0.01).max(1000).optional(),
  SLUICE_ALLOW_LOOPBACK: z.enum(['0', '1']).default('0'),
})

export interface Config {
  port: number
  /** Addresses to listen on. By default the loopbacks only. */
  hosts: string[]
  /** Where browsers and providers reach this server. */
  base_url: string
  /** A port of its own for `/metrics`; null: the server's port, for whoever reaches it. */
  metrics_port: number | null
  /** Null: chosen by `chooseDataDirectory`. */
  data_directory: string | null
  /** Null: the embedded Postgres. */
  database_url: string | null
  /** The role taken where the login of `database_url` would bypass row-level security. */
  database_role: string
  /** The store of the key-encryption key, as docs/keys.md writes them. Null: `master-key.json` in the data directory. */
  key_encryption_key: string | null
  /** Stores of keys that open what was or will be wrapped, but do not wrap. */
  other_key_encryption_keys: string[]
  /** Paths of `flow.yaml` files. */
  connectors: string[]
  /** Directories of provider declarations, beside those that come with Sluice. */
  providers: string[]
  rate_limits: RateLimitConfig
  /** Null: people sign in to the console with an API key only. */
  sign_in: SignInConfig | null
  runtime: RuntimeConfig
  /** What the operator sets of the limits of runs. */
  run_limits: Partial<RunLimits>
  /** Lets requests go to loopback addresses and over http there: for development. */
  allow_loopback: boolean
}

export class ConfigError extends Error {
  readonly code = 'invalid_environment'
}

/** Reads the environment. @throws ConfigError naming every variable that is wrong, and its rule */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const parsed = environmentSchema.safeParse(given)
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
    throw new ConfigError(`The environment is not usable.\n  ${lines.join('\n  ')}`)
  }
  const { PORT, SLUICE_HOST, SLUICE_BASE_URL, SLUICE_CONNECTORS, SLUICE_PROVIDERS, ...rest } = parsed.data
  return {
    port: PORT,
    hosts: SLUICE_HOST === undefined ? ['127.0.0.1', '::1'] : [SLUICE_HOST],
    base_url: SLUICE_BASE_URL ?? `http://localhost:${PORT}`,
    metrics_port: rest.SLUICE_METRICS_PORT ?? null,
    data_directory: rest.SLUICE_DATA ?? null,
    database_url: rest.DATABASE_URL ?? null,
    database_role: rest.SLUICE_DATABASE_ROLE,
    key_encryption_key: rest.SLUICE_KEY_ENCRYPTION_KEY ?? masterKeyFile(rest.SLUICE_MASTER_KEY_FILE),
    other_key_encryption_keys: commaSeparated(rest.SLUICE_OTHER_KEY_ENCRYPTION_KEYS),
    connectors: commaSeparated(SLUICE_CONNECTORS),
    providers: commaSeparated(SLUICE_PROVIDERS),
    rate_limits: {
      per_key: rest.SLUICE_RATE_LIMIT_PER_KEY,
      anonymous: rest.SLUICE_RATE_LIMIT_ANONYMOUS,
      trusted_proxies: commaSeparated(rest.SLUICE_TRUSTED_PROXIES),
    },
    sign_in: signIn(rest),
    runtime: {
      name: rest.SLUICE_RUNTIME,
      socket: rest.SLUICE_CONTAINER_SOCKET,
      network: rest.SLUICE_CONTAINER_NETWORK,
      namespace: rest.SLUICE_KUBERNETES_NAMESPACE,
      user: rest.SLUICE_KUBERNETES_USER,
    },
    run_limits: runLimits(rest),
    allow_loopback: rest.SLUICE_ALLOW_LOOPBACK === '1',
  }
}

function runLimits(given: ServerVariables): Partial<RunLimits> {
  const { SLUICE_RUNS_AT_ONCE: at_once, SLUICE_RUNS_PER_TENANT: at_once_per_tenant } = given
  const { SLUICE_RUN_MINUTES: minutes, SLUICE_RUN_MEMORY_MB: megabytes, SLUICE_RUN_CPUS: cpus } = given
  return {
    ...(at_once !== undefined && { at_once }),
    ...(at_once_per_tenant !== undefined && { at_once_per_tenant }),
    ...(minutes !== undefined && { run_ms: minutes * 60_000 }),
    ...(given.SLUICE_RUNS_DIRECTORY !== undefined && { documents_directory: resolve(given.SLUICE_RUNS_DIRECTORY) }),
    resources: {
      ...(megabytes !== undefined && { memory_bytes: megabytes * 1024 * 1024 }),
      ...(cpus !== undefined && { cpus }),
    },
  }
}

function masterKeyFile(path: string | undefined): string | null {
  return path === undefined ? null : `file:${path}`
}

function commaSeparated(text: string | undefined): string[] {
  return text?.split(',').map((item) => item.trim()) ?? []
}

type ServerVariables = Partial<Omit<z.output<typeof environmentSchema>, 'PORT'>>

function signIn(given: ServerVariables): SignInConfig | null {
  const {
    SLUICE_OIDC_ISSUER: issuer,
    SLUICE_OIDC_CLIENT_ID: client_id,
    SLUICE_OIDC_CLIENT_SECRET_FILE: client_secret_file,
    SLUICE_OIDC_ACCESS: access,
  } = given
  if (issuer === undefined && client_id === undefined && access === undefined) return null
  if (issuer !== undefined && client_id !== undefined && access !== undefined) {
    return { issuer, client_id, client_secret_file: client_secret_file ?? null, access }
  }
  throw new ConfigError(
    'The environment is not usable.\n  SLUICE_OIDC_ISSUER, SLUICE_OIDC_CLIENT_ID and SLUICE_OIDC_ACCESS go together: ' +
      'without rules nobody could sign in.',
  )
}
