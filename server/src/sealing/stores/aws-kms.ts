// A data key in AWS KMS; the tenant is in the encryption context.
import { type AwsKmsOptions, openAwsKmsKey } from '@sluice/kms'
import type { KeyStore } from '../key-encryption-key.ts'
import { asSealingErrors } from './as-sealing-errors.ts'
import { singleKeyStore } from './single-key-store.ts'

export async function openAwsKms(options: AwsKmsOptions): Promise<KeyStore> {
  const { arn } = options
  const kms = await asSealingErrors(openAwsKmsKey(options))
  const context = (tenantId: string) => ({ application: 'sluice', tenant_id: tenantId })
  return singleKeyStore(`AWS KMS (${arn})`, {
    id: `aws-kms:${arn}`,
    async wrap(dataKey, tenantId) {
      return (await asSealingErrors(kms.wrap(dataKey, context(tenantId)))).toString('base64')
    },
    unwrap: (wrapped, tenantId) => asSealingErrors(kms.unwrap(Buffer.from(wrapped, 'base64'), context(tenantId))),
    async generate(tenantId) {
      const { key, wrapped } = await asSealingErrors(kms.generate(context(tenantId)))
      return { key, wrapped: wrapped.toString('base64') }
    },
  })
}
