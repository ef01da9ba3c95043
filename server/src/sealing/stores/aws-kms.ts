// AWS KMS. The tenant is in the encryption context, which KMS authenticates and writes to CloudTrail.
// https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
import type { KMSClient } from '@aws-sdk/client-kms'
import type { KeyEncryptionKey, KeyStore } from '../key-encryption-key.ts'
import { SealingError } from '../sealing-error.ts'
import { singleKeyStore } from './single-key-store.ts'

const TIMEOUT_MS = 5000
/** That is how the bytes, not the network or the moment, are at fault. */
const DAMAGED = new Set(['InvalidCiphertextException', 'IncorrectKeyException'])
export interface AwsKmsOptions {
  /** `arn:aws:kms:<region>:<account>:key/<id>`, or an alias' ARN. */
  arn: string
  /** Instead of the region's own, such as that of a VPC endpoint. */
  endpoint?: string
}

/**
 * Opens a symmetric KMS key. Credentials come from where the AWS SDK looks for them; they need `kms:Encrypt`,
 * `kms:Decrypt` and `kms:GenerateDataKey`.
 */
export async function openAwsKms({ arn, endpoint }: AwsKmsOptions): Promise<KeyStore> {
  const [, , service, region] = arn.split(':')
  if (service !== 'kms' || region === undefined || region === '') {
    throw new SealingError('key_store_misnamed', `${arn} is not the ARN of a KMS key. Write aws-kms:arn:aws:kms:….`)
  }
  // Loaded only where it is used: the SDK is large.
  const { DecryptCommand, EncryptCommand, GenerateDataKeyCommand, KMSClient } = await import('@aws-sdk/client-kms')
  const client: KMSClient = new KMSClient({
    region,
    ...(endpoint !== undefined && { endpoint }),
    requestHandler: { requestTimeout: TIMEOUT_MS, connectionTimeout: TIMEOUT_MS },
    maxAttempts: 3,
  })
  const context = (tenantId: string) => ({ application: 'sluice', tenant_id: tenantId })
  const ask = <T>(answer: Promise<T>): Promise<T> => answer.catch((error) => Promise.reject(failure(arn, error)))

  const key: KeyEncryptionKey = {
    id: `aws-kms:${arn}`,
    async wrap(dataKey, tenantId) {
      const input = { KeyId: arn, Plaintext: dataKey, EncryptionContext: context(tenantId) }
      const { CiphertextBlob } = await ask(client.send(new EncryptCommand(input)))
      return text(arn, CiphertextBlob)
    },
    async unwrap(wrapped, tenantId) {
      const CiphertextBlob = Buffer.from(wrapped, 'base64')
      const input = { KeyId: arn, CiphertextBlob, EncryptionContext: context(tenantId) }
      const { Plaintext } = await ask(client.send(new DecryptCommand(input)))
      return bytes(arn, Plaintext)
    },
    async generate(tenantId) {
      const input = { KeyId: arn, KeySpec: 'AES_256', EncryptionContext: context(tenantId) } as const
      const { Plaintext, CiphertextBlob } = await ask(client.send(new GenerateDataKeyCommand(input)))
      return { key: bytes(arn, Plaintext), wrapped: text(arn, CiphertextBlob) }
    },
  }
  return singleKeyStore(`AWS KMS (${arn})`, key)
}

function bytes(arn: string, value: Uint8Array | undefined): Buffer {
  if (value === undefined) throw failure(arn, new Error('an answer without its content'))
  return Buffer.from(value)
}

function text(arn: string, value: Uint8Array | undefined): string {
  return bytes(arn, value).toString('base64')
}

/** Only the error's name is told: its message may quote the request. */
function failure(arn: string, error: unknown): SealingError {
  const name = error instanceof Error ? error.name : 'unknown error'
  if (DAMAGED.has(name)) return new SealingError('data_key_damaged', `${arn} does not unwrap a data key (${name}).`)
  if (isRefusal(name, error)) {
    const action = 'Check that the key is enabled and that the credentials may use it.'
    return new SealingError('key_store_refused', `AWS KMS refuses ${arn} (${name}). ${action}`)
  }
  return new SealingError('key_store_unavailable', `AWS KMS does not answer for ${arn} (${name}). Try again later.`)
}

/** Limits and outages pass; a key that is disabled or missing, and credentials that may not use it, do not. */
function isRefusal(name: string, error: unknown): boolean {
  if (name === 'CredentialsProviderError') return true
  const { httpStatusCode: status = 0 } = (error as { $metadata?: { httpStatusCode?: number } }).$metadata ?? {}
  return status >= 400 && status < 500 && status !== 429 && !/Throttl|LimitExceeded|DependencyTimeout/.test(name)
}
