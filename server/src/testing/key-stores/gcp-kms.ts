// Google Cloud KMS, a token endpoint for service accounts and a metadata server, in one.
import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import { importSPKI, jwtVerify } from 'jose'
import { z } from 'zod'
import { decryptFor, encryptFor, startStandIn } from './stand-in.ts'

export const GCP_KEY_NAME = 'projects/p/locations/europe-west1/keyRings/r/cryptoKeys/sluice'

const encrypt = z.object({ plaintext: z.base64(), additionalAuthenticatedData: z.base64().default('') }).strict()
const decrypt = z.object({ ciphertext: z.base64(), additionalAuthenticatedData: z.base64().default('') }).strict()
const refused = (status: number, name: string) => ({
  status,
  body: { error: { code: status, status: name, message: '' } },
})

/** `public_key` is the service account's, in PEM. */
export function startGcp(t: Pick<TestContext, 'after'>, public_key: string, client_email: string) {
  const tokens = new Set<string>()
  const issue = () => {
    const access_token = randomUUID()
    tokens.add(access_token)
    return { status: 200, body: { access_token, expires_in: 3599, token_type: 'Bearer' } }
  }
  return startStandIn(t, async ({ method, path, headers, body }) => {
    if (method === 'POST' && path === '/token') {
      const form = new URLSearchParams(body.toString())
      if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return refused(400, 'INVALID')
      const key = await importSPKI(public_key, 'RS256')
      const audience = `http://${headers.host}/token`
      const { payload } = await jwtVerify(form.get('assertion') ?? '', key, { audience, issuer: client_email })
      if (payload.scope !== 'https://www.googleapis.com/auth/cloudkms') return refused(400, 'INVALID_SCOPE')
      return issue()
    }
    if (method === 'GET' && path === '/computeMetadata/v1/instance/service-accounts/default/token') {
      return headers['metadata-flavor'] === 'Google' ? issue() : refused(403, 'FORBIDDEN')
    }
    if (!tokens.has(String(headers.authorization).replace('Bearer ', ''))) return refused(401, 'UNAUTHENTICATED')
    if (method === 'POST' && path === `/v1/${GCP_KEY_NAME}:encrypt`) {
      const input = encrypt.parse(JSON.parse(body.toString()))
      const sealed = encryptFor(input.additionalAuthenticatedData, Buffer.from(input.plaintext, 'base64'))
      const name = `${GCP_KEY_NAME}/cryptoKeyVersions/1`
      return { status: 200, body: { name, ciphertext: sealed.toString('base64') } }
    }
    if (method === 'POST' && path === `/v1/${GCP_KEY_NAME}:decrypt`) {
      const input = decrypt.parse(JSON.parse(body.toString()))
      const opened = decryptFor(input.additionalAuthenticatedData, Buffer.from(input.ciphertext, 'base64'))
      return opened === null
        ? refused(400, 'INVALID_ARGUMENT')
        : { status: 200, body: { plaintext: opened.toString('base64') } }
    }
    return refused(404, 'NOT_FOUND')
  })
}
