// HashiCorp Vault's transit engine, and OpenBao's. The key must be of an AEAD type (aes256-gcm96, the default): the
// tenant is its associated data. https://developer.hashicorp.com/vault/api-docs/secret/transit#encrypt-data
import { readFile } from 'node:fs/promises'
import { askKeyStore } from '@sluice/kms'
import { z } from 'zod'
import type { KeyStore } from '../key-encryption-key.ts'
import { SealingError } from '../sealing-error.ts'
import { asSealingErrors } from './as-sealing-errors.ts'
import { singleKeyStore } from './single-key-store.ts'

export interface VaultTransitOptions {
  /** `https://vault.example.com:8200/<mount>/<key>`; the mount may have several segments. */
  address: string
  /** Of VAULT_TOKEN, VAULT_TOKEN_FILE (read for each request: an agent renews it) and VAULT_NAMESPACE. */
  env: Record<string, string | undefined>
}

const encrypted = z.object({ data: z.object({ ciphertext: z.string().startsWith('vault:') }) })
const decrypted = z.object({ data: z.object({ plaintext: z.base64() }) })

export async function openVaultTransit({ address, env }: VaultTransitOptions): Promise<KeyStore> {
  const url = URL.parse(address)
  const [, mount, name] = /^\/(.+)\/([^/]+)$/.exec(url?.pathname ?? '') ?? []
  if (url === null || !/^https?:$/.test(url.protocol) || mount === undefined || name === undefined) {
    const example = 'vault-transit:https://vault.example.com:8200/transit/sluice'
    throw new SealingError('key_store_misnamed', `The Vault address is not usable. Write it as in ${example}.`)
  }
  const store = `Vault transit (${url.host}/${mount}/${name})`

  async function ask(operation: 'encrypt' | 'decrypt', tenantId: string, content: object): Promise<unknown> {
    const token = await vaultToken(store, env)
    const associated_data = Buffer.from(`sluice ${tenantId}`).toString('base64')
    const answer = askKeyStore({
      store,
      url: new URL(`/v1/${mount}/${operation}/${name}`, url?.origin).href,
      headers: {
        'content-type': 'application/json',
        'x-vault-token': token,
        'x-vault-request': 'true',
        ...(env.VAULT_NAMESPACE && { 'x-vault-namespace': env.VAULT_NAMESPACE }),
      },
      body: JSON.stringify({ ...content, associated_data }),
      damaged: (status) => operation === 'decrypt' && status === 400,
    })
    return await asSealingErrors(answer)
  }

  return singleKeyStore(store, {
    id: `vault-transit:${url.host}/${mount}/${name}`,
    async wrap(key, tenantId) {
      const answer = encrypted.safeParse(await ask('encrypt', tenantId, { plaintext: key.toString('base64') }))
      if (!answer.success) throw malformed(store)
      return answer.data.data.ciphertext
    },
    async unwrap(wrapped, tenantId) {
      const answer = decrypted.safeParse(await ask('decrypt', tenantId, { ciphertext: wrapped }))
      if (!answer.success) throw malformed(store)
      return Buffer.from(answer.data.data.plaintext, 'base64')
    },
  })
}

async function vaultToken(store: string, env: Record<string, string | undefined>): Promise<string> {
  if (env.VAULT_TOKEN) return env.VAULT_TOKEN
  const text = env.VAULT_TOKEN_FILE ? await readFile(env.VAULT_TOKEN_FILE, 'utf8').catch(() => '') : ''
  if (text.trim() !== '') return text.trim()
  throw new SealingError('key_store_refused', `There is no token for ${store}: set VAULT_TOKEN or VAULT_TOKEN_FILE.`)
}

function malformed(store: string): SealingError {
  return new SealingError('key_store_unavailable', `${store} answered something that is not its API.`)
}
