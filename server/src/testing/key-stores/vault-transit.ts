// Vault's transit engine: https://developer.hashicorp.com/vault/api-docs/secret/transit
import type { TestContext } from 'node:test'
import { z } from 'zod'
import { decryptFor, encryptFor, startStandIn } from './stand-in.ts'

export const VAULT_TOKEN = 'hvs.stand-in'

const encrypt = z.object({ plaintext: z.base64(), associated_data: z.base64() }).strict()
const decrypt = z.object({ ciphertext: z.string(), associated_data: z.base64() }).strict()

export function startVaultTransit(t: Pick<TestContext, 'after'>) {
  return startStandIn(t, ({ method, path, headers, body }) => {
    if (headers['x-vault-token'] !== VAULT_TOKEN) return { status: 403, body: { errors: ['permission denied'] } }
    if (method === 'POST' && path === '/v1/team/transit/encrypt/sluice') {
      const input = encrypt.parse(JSON.parse(body.toString()))
      const sealed = encryptFor(input.associated_data, Buffer.from(input.plaintext, 'base64'))
      return { status: 200, body: { data: { ciphertext: `vault:v1:${sealed.toString('base64')}`, key_version: 1 } } }
    }
    if (method === 'POST' && path === '/v1/team/transit/decrypt/sluice') {
      const input = decrypt.parse(JSON.parse(body.toString()))
      const [, , text = ''] = input.ciphertext.split(':')
      const opened = decryptFor(input.associated_data, Buffer.from(text, 'base64'))
      if (opened === null) return { status: 400, body: { errors: ['cipher: message authentication failed'] } }
      return { status: 200, body: { data: { plaintext: opened.toString('base64') } } }
    }
    return { status: 404, body: { errors: ['no handler for route'] } }
  })
}
