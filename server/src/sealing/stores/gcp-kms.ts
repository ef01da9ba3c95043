// A data key in Google Cloud KMS; the tenant is the additional authenticated data.
import { type GcpKmsOptions, openGcpKmsKey } from '@sluice/kms'
import type { KeyStore } from '../key-encryption-key.ts'
import { asSealingErrors } from './as-sealing-errors.ts'
import { singleKeyStore } from './single-key-store.ts'

export async function openGcpKms(options: GcpKmsOptions): Promise<KeyStore> {
  const { key_name } = options
  const kms = await asSealingErrors(openGcpKmsKey(options))
  const associated = (tenantId: string) => `sluice ${tenantId}`
  return singleKeyStore(`Google Cloud KMS (${key_name})`, {
    id: `gcp-kms:${key_name}`,
    async wrap(key, tenantId) {
      return (await asSealingErrors(kms.wrap(key, associated(tenantId)))).toString('base64')
    },
    unwrap: (wrapped, tenantId) => asSealingErrors(kms.unwrap(Buffer.from(wrapped, 'base64'), associated(tenantId))),
  })
}
