// Signing in by OpenID Connect, spoken by the same engine as every connector's provider.
import { readFile } from 'node:fs/promises'
import { type Conversation, compileProvider, createOAuthClient, secret } from '@sluice/oauth'
import { ConfigError } from '../../config.ts'
import type { Services } from '../../services.ts'
import { digest } from '../../token-digest.ts'
import type { AccessRule } from './access-rules.ts'

export interface SignInConfig {
  /** Issuer identifier (OpenID Connect Discovery §4), written exactly as the provider does. */
  issuer: string
  client_id: string
  client_secret_file: string | null
  access: AccessRule[]
}

export interface IdentityProvider {
  conversation: Conversation
  access: AccessRule[]
  /** Of `access`: who was let in by other rules has to sign in again. */
  rules_digest: Buffer
  /** For the button. */
  host: string
}

export const SIGN_IN_CALLBACK_PATH = '/console/sign_in/callback'

/** @throws ConfigError when the secret cannot be read; OAuthError `invalid_spec` when the issuer cannot be one */
export async function openIdentityProvider(
  { fetch, metadata, now }: Pick<Services, 'fetch' | 'metadata' | 'now'>,
  { issuer, client_id, client_secret_file, access }: SignInConfig,
  { allow_loopback }: { allow_loopback: boolean },
): Promise<IdentityProvider> {
  const declaration = {
    provider: 'sign-in',
    issuer,
    scopes: { default: ['openid', 'email', 'profile'] },
    authorization: {},
    token: { client_authentication: client_secret_file === null ? 'none' : 'client_secret_basic' },
    grants: { authorization_code: {} },
  }
  const conversation = createOAuthClient({
    provider: compileProvider(declaration, { allow_loopback }),
    client: {
      client_id,
      client_secret: secret(client_secret_file === null ? '' : await readSecret(client_secret_file)),
    },
    issuer,
    dpop: 'never',
    fetch,
    metadata,
    now,
  })
  return { conversation, access, rules_digest: rulesDigest(access), host: new URL(issuer).host }
}

/** Tells whether access rules are still those that let somebody in. */
export function rulesDigest(access: AccessRule[]): Buffer {
  return digest(JSON.stringify(access))
}

async function readSecret(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw new ConfigError(`SLUICE_OIDC_CLIENT_SECRET_FILE cannot be read: ${path}`, { cause })
  })
  return text.trim()
}
