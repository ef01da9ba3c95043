// Google Cloud KMS by its REST API.
// https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys/encrypt
import { z } from 'zod'
import { askKeyStore } from './ask-key-store.ts'
import { createGcpTokens } from './gcp-token.ts'
import { KeyStoreError } from './key-store-error.ts'

const KEY_NAME = /^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/

export interface GcpKmsOptions {
  /** `projects/…/locations/…/keyRings/…/cryptoKeys/…` */
  key_name: string
  /** Instead of `https://cloudkms.googleapis.com`. */
  endpoint?: string
  /** Of GOOGLE_APPLICATION_CREDENTIALS and GCE_METADATA_HOST. */
  env: Record<string, string | undefined>
}

export interface GcpKmsKey {
  /** `associated` is authenticated with the key; null for none. */
  wrap(key: Buffer, associated: string | null): Promise<Buffer>
  unwrap(wrapped: Buffer, associated: string | null): Promise<Buffer>
}

const encrypted = z.object({ ciphertext: z.base64() })
const decrypted = z.object({ plaintext: z.base64() })

/** Opens a symmetric key. All throw KeyStoreError. */
export async function openGcpKmsKey({ key_name, endpoint, env }: GcpKmsOptions): Promise<GcpKmsKey> {
  if (!KEY_NAME.test(key_name)) {
    const example = 'projects/…/locations/…/keyRings/…/cryptoKeys/…'
    throw new KeyStoreError('key_store_misnamed', `${key_name} is not the name of a Cloud KMS key. Write ${example}.`)
  }
  const store = `Google Cloud KMS (${key_name})`
  const accessToken = createGcpTokens(env)

  async function ask(operation: 'encrypt' | 'decrypt', associated: string | null, content: object): Promise<unknown> {
    const additionalAuthenticatedData = Buffer.from(associated ?? '').toString('base64')
    return askKeyStore({
      store,
      url: new URL(`/v1/${key_name}:${operation}`, endpoint ?? 'https://cloudkms.googleapis.com').href,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${(await accessToken()).reveal()}` },
      body: JSON.stringify({ ...content, ...(associated !== null && { additionalAuthenticatedData }) }),
      damaged: (status) => operation === 'decrypt' && status === 400,
    })
  }

  return {
    async wrap(key, associated) {
      const answer = encrypted.safeParse(await ask('encrypt', associated, { plaintext: key.toString('base64') }))
      if (!answer.success) throw malformed(store)
      return Buffer.from(answer.data.ciphertext, 'base64')
    },
    async unwrap(wrapped, associated) {
      const answer = decrypted.safeParse(await ask('decrypt', associated, { ciphertext: wrapped.toString('base64') }))
      if (!answer.success) throw malformed(store)
      return Buffer.from(answer.data.plaintext, 'base64')
    },
  }
}

function malformed(store: string): KeyStoreError {
  return new KeyStoreError('key_store_unavailable', `${store} answered something that is not its API.`)
}
