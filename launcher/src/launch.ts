import type { JsonObject, JsonValue, Secret } from '@sluice/connector-specs'
import type { Lease } from './lease/open-lease.ts'
import type { ProgramLimits, Runtime } from './runtime/runtime.ts'

/** How to start a connector, for one operation. */
export interface Launch {
  /** The connector's name in errors; the command stands in for it when absent. */
  name?: string
  /** What starts it; a child process of this machine by default. */
  runtime?: Runtime
  /** The image that holds the program, for runtimes of containers. */
  image?: string
  /** Program and arguments. Started without a shell; never holds a secret. */
  command: string[]
  /** With an image: whether `command` takes the place of its entrypoint, instead of being given to it. */
  replaces_entrypoint?: boolean
  /** The program's working directory. */
  cwd: string
  /** Beside these the program gets only PATH, HOME, LANG and TMPDIR. */
  env: Record<string, string>
  /** Values taken out of everything the connector prints, documents excepted. */
  secrets: string[]
  /** The connector's config schema, which says what of a rotated config may be kept (`harvestConfig`). */
  config_schema?: JsonObject
  /** JSON pointers of the config's fields that token responses are mapped to; their rotation is kept too. */
  mapped?: readonly string[]
  /** It takes documents: a Flow connector of this kind speaks the protocol of materializations. */
  destination?: true
  /** Flow: the connector speaks protobuf, each message after its length; else lines of JSON. */
  protobuf?: boolean
  /** Airbyte: the declarative manifest that the command is given, relative to `cwd`. */
  manifest?: string
  /** Singer: how a tap takes its catalog; old ones know `properties` only. */
  catalog_argument?: 'catalog' | 'properties'
  /** Singer: a config to infer the schema from, for connectors without `--about`. */
  sample_config?: JsonObject
  /** DevLake: leave to give a plugin that brings its own start script its secrets by the command line. */
  secrets_in_arguments?: boolean
  /** Environment: the schema of the variables; else it is inferred from the sample config. */
  variables_schema?: JsonObject
  /** Keeps what the connector rotates for whoever starts after this process was killed. */
  bequest?: LaunchBequest
  /** Ends the connector. Ctrl-C does not reach it, because it is in a process group of its own. */
  signal?: AbortSignal
  limits?: Partial<Limits>
  /** Keeps the config file and the token of the running connector valid; closed by whoever opened it. */
  lease?: Lease
  /** What the program may use of the machine. */
  resources?: ProgramLimits
  /** Hosts that it may talk to; none when empty; absent when nothing is declared. */
  hosts?: readonly string[]
  /** Hears every log as it comes, in every operation; a capture yields them too. */
  onLog?: (log: LogEvent) => void
  /** Hears every config that the connector rotated by itself, in every operation, whether or not it then fails. */
  onConfigUpdate?: (config: Secret<JsonObject>) => void
}

export interface LaunchBequest {
  /** Seals what is kept, 32 bytes in base64. */
  key: string
  /** Says to the next process whose connector it is, what it was given, and the key; safe to lie in a file. */
  note(): Promise<string>
  /** Whether all that was heard of has found its place, once that is known. */
  settled(): Promise<boolean>
}

export interface Limits {
  /** How long an answer may take: the whole of a unary operation, or a capture's `opened`. Milliseconds. */
  timeout_ms: number
  /** How long an opened capture may be silent. Without a bound by default, unless the capture itself is bounded. */
  idle_ms: number
  /** The longest line on stdout, in bytes. */
  max_line_bytes: number
  /** How much of stderr is kept for errors, in characters; also the longest log line. */
  max_stderr_bytes: number
  /** How long a connector may take to stop before it is killed. Milliseconds. */
  grace_ms: number
}

export const DEFAULT_LIMITS: Limits = {
  timeout_ms: 60_000,
  idle_ms: Number.POSITIVE_INFINITY,
  max_line_bytes: 16 * 1024 * 1024,
  max_stderr_bytes: 64 * 1024,
  grace_ms: 3_000,
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error'

/** One log of a connector: redacted, control characters escaped. */
export interface LogEvent {
  level: LogLevel
  /** One line, or several of which all but the first are indented (a stack trace). */
  message: string
  fields: Record<string, JsonValue>
  /** ISO 8601; when the connector said it, or when it was read. */
  at: string
}
