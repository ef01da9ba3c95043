// Google Cloud KMS by its REST API; the tenant is the additional authenticated data.
// https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys/encrypt
import { z } from 'zod'
import type { KeyStore } from '../key-encryption-key.ts'
import { SealingError } from '../sealing-error.ts'
import { askKeyStore } from './ask-key-store.ts'
import { createGcpTokens } from './gcp-token.ts'
import { singleKeyStore } from './single-key-store.ts'

const KEY_NAME = /^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/

export interface GcpKmsOptions {
  /** `projects/…/locations/…/keyRings/…/cryptoKeys/…` */
  key_name: string
  /** Instead of `https://cloudkms.googleapis.com`. */
  endpoint?: string
  /** Of GOOGLE_APPLICATION_CREDENTIALS and GCE_METADATA_HOST. */
  env: Record<string, string | undefined>
}

const encrypted = z.object({ ciphertext: z.base64() })
const decrypted = z.object({ plaintext: z.base64() })

export async function openGcpKms({ key_name, endpoint, env }: GcpKmsOptions): Promise<KeyStore> {
  if (!KEY_NAME.test(key_name)) {
    const example = 'gcp-kms:projects/…/locations/…/keyRings/…/cryptoKeys/…'
    throw new SealingError('key_store_misnamed', `${key_name} is not the name of a Cloud KMS key. Write ${example}.`)
  }
  const store = `Google Cloud KMS (${key_name})`
  const accessToken = createGcpTokens(env)

  async function ask(operation: 'encrypt' | 'decrypt', tenantId: string, content: object): Promise<unknown> {
    const additionalAuthenticatedData = Buffer.from(`sluice ${tenantId}`).toString('base64')
    return askKeyStore({
      store,
      url: new URL(`/v1/${key_name}:${operation}`, endpoint ?? 'https://cloudkms.googleapis.com').href,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${(await accessToken()).reveal()}` },
      body: JSON.stringify({ ...content, additionalAuthenticatedData }),
      damaged: (status) => operation === 'decrypt' && status === 400,
    })
  }

  return singleKeyStore(store, {
    id: `gcp-kms:${key_name}`,
    async wrap(key, tenantId) {
      const answer = encrypted.safeParse(await ask('encrypt', tenantId, { plaintext: key.toString('base64') }))
      if (!answer.success) throw malformed(store)
      return answer.data.ciphertext
    },
    async unwrap(wrapped, tenantId) {
      const answer = decrypted.safeParse(await ask('decrypt', tenantId, { ciphertext: wrapped }))
      if (!answer.success) throw malformed(store)
      return Buffer.from(answer.data.plaintext, 'base64')
    },
  })
}

function malformed(store: string): SealingError {
  return new SealingError('key_store_unavailable', `${store} answered something that is not its API.`)
}
