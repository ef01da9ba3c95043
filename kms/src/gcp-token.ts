// Access tokens for Google's APIs: of a service account by a signed assertion (RFC 7523), or of the machine by its
// metadata server.
import { readFile } from 'node:fs/promises'
import { buildJwtBearerGrant, readGrantResponse, type Secret, secret, signAssertion } from '@sluice/oauth'
import { z } from 'zod'
import { askKeyStore } from './ask-key-store.ts'
import { KeyStoreError } from './key-store-error.ts'

const SCOPE = 'https://www.googleapis.com/auth/cloudkms'
/** A token is renewed so long before its end. */
const MARGIN_MS = 60_000

const serviceAccount = z.object({
  type: z.literal('service_account'),
  client_email: z.string(),
  private_key: z.string(),
  private_key_id: z.string(),
  token_uri: z.url(),
})

interface AccessToken {
  token: Secret
  expires_at: Date
}

/** A function that gives a token which lives a while yet, asking for a new one as seldom as that allows. */
export function createGcpTokens(env: Record<string, string | undefined>): () => Promise<Secret> {
  let known: AccessToken | null = null
  return async () => {
    if (known === null || known.expires_at.getTime() - MARGIN_MS < Date.now()) {
      const path = env.GOOGLE_APPLICATION_CREDENTIALS
      known = path ? await tokenOfServiceAccount(path) : await tokenOfMachine(env.GCE_METADATA_HOST)
    }
    return known.token
  }
}

/** https://developers.google.com/identity/protocols/oauth2/service-account#httprest */
async function tokenOfServiceAccount(path: string): Promise<AccessToken> {
  const account = serviceAccount.safeParse(await readJson(path))
  if (!account.success) {
    throw new KeyStoreError('key_store_refused', `${path} is not the key file of a Google service account.`)
  }
  const { client_email, private_key, private_key_id, token_uri } = account.data
  const now = new Date()
  const assertion = await signAssertion(
    { iss: client_email, sub: client_email, aud: token_uri, claims: { scope: SCOPE }, lifetime: 3600, now },
    { private_key: secret(private_key), key_id: private_key_id, algorithm: 'RS256' },
  )
  const request = await buildJwtBearerGrant({ issuer: token_uri, token_endpoint: token_uri }, null, { assertion })
  const answer = await askKeyStore({
    store: `Google’s token endpoint (${client_email})`,
    url: request.url,
    headers: request.headers,
    ...(request.body !== null && { body: request.body }),
  })
  return readToken(answer, now)
}

/** https://cloud.google.com/compute/docs/metadata/overview */
async function tokenOfMachine(host = 'metadata.google.internal'): Promise<AccessToken> {
  const now = new Date()
  const answer = await askKeyStore({
    store: 'The machine’s metadata server',
    url: `http://${host}/computeMetadata/v1/instance/service-accounts/default/token`,
    method: 'GET',
    headers: { 'metadata-flavor': 'Google' },
  })
  return readToken(answer, now)
}

function readToken(answer: unknown, now: Date): AccessToken {
  const response = { status: 200, headers: new Headers(), body: JSON.stringify(answer) }
  const { access_token, expires_at } = readGrantResponse(response, { now, phase: 'jwt_bearer' })
  return { token: access_token, expires_at: expires_at ?? now }
}

async function readJson(path: string): Promise<unknown> {
  return readFile(path, 'utf8').then(
    (text) => JSON.parse(text),
    () => null,
  )
}
