// AWS KMS. The encryption context is authenticated by KMS and written to CloudTrail.
// https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
import type { KMSClient } from '@aws-sdk/client-kms'
import { KeyStoreError } from './key-store-error.ts'

const TIMEOUT_MS = 5000
/** That is how the bytes, not the network or the moment, are at fault. */
const DAMAGED = new Set(['InvalidCiphertextException', 'IncorrectKeyException'])

export interface AwsKmsOptions {
  /** `arn:aws:kms:<region>:<account>:key/<id>`, or an alias' ARN. */
  arn: string
  /** Instead of the region's own, such as that of a VPC endpoint. */
  endpoint?: string
}

export interface AwsKmsKey {
  wrap(key: Uint8Array, context: Record<string, string>): Promise<Buffer>
  unwrap(wrapped: Uint8Array, context: Record<string, string>): Promise<Buffer>
  /** A new key of 32 bytes, made by KMS. */
  generate(context: Record<string, string>): Promise<{ key: Buffer; wrapped: Buffer }>
}

/**
 * Opens a symmetric KMS key. Credentials come from where the AWS SDK looks for them; they need `kms:Encrypt`,
 * `kms:Decrypt` and, to generate, `kms:GenerateDataKey`. All throw KeyStoreError.
 */
export async function openAwsKmsKey({ arn, endpoint }: AwsKmsOptions): Promise<AwsKmsKey> {
  const [, , service, region] = arn.split(':')
  if (service !== 'kms' || region === undefined || region === '') {
    throw new KeyStoreError('key_store_misnamed', `${arn} is not the ARN of a KMS key. Write arn:aws:kms:….`)
  }
  // Loaded only where it is used: the SDK is large.
  const { DecryptCommand, EncryptCommand, GenerateDataKeyCommand, KMSClient } = await import('@aws-sdk/client-kms')
  const client: KMSClient = new KMSClient({
    region,
    ...(endpoint !== undefined && { endpoint }),
    requestHandler: { requestTimeout: TIMEOUT_MS, connectionTimeout: TIMEOUT_MS },
    maxAttempts: 3,
  })
  const ask = <T>(answer: Promise<T>): Promise<T> => answer.catch((error) => Promise.reject(failure(arn, error)))
  return {
    async wrap(key, EncryptionContext) {
      const input = { KeyId: arn, Plaintext: key, EncryptionContext }
      return bytes(arn, (await ask(client.send(new EncryptCommand(input)))).CiphertextBlob)
    },
    async unwrap(CiphertextBlob, EncryptionContext) {
      const input = { KeyId: arn, CiphertextBlob, EncryptionContext }
      return bytes(arn, (await ask(client.send(new DecryptCommand(input)))).Plaintext)
    },
    async generate(EncryptionContext) {
      const input = { KeyId: arn, KeySpec: 'AES_256', EncryptionContext } as const
      const { Plaintext, CiphertextBlob } = await ask(client.send(new GenerateDataKeyCommand(input)))
      return { key: bytes(arn, Plaintext), wrapped: bytes(arn, CiphertextBlob) }
    },
  }
}

function bytes(arn: string, value: Uint8Array | undefined): Buffer {
  if (value === undefined) throw failure(arn, new Error('an answer without its content'))
  return Buffer.from(value)
}

/** Only the error's name is told: its message may quote the request. */
function failure(arn: string, error: unknown): KeyStoreError {
  const name = error instanceof Error ? error.name : 'unknown error'
  if (DAMAGED.has(name)) return new KeyStoreError('data_key_damaged', `${arn} does not unwrap a data key (${name}).`)
  if (isRefusal(name, error)) {
    const action = 'Check that the key is enabled and that the credentials may use it.'
    return new KeyStoreError('key_store_refused', `AWS KMS refuses ${arn} (${name}). ${action}`)
  }
  return new KeyStoreError('key_store_unavailable', `AWS KMS does not answer for ${arn} (${name}). Try again later.`)
}

/** Limits and outages pass; a key that is disabled or missing, and credentials that may not use it, do not. */
function isRefusal(name: string, error: unknown): boolean {
  if (name === 'CredentialsProviderError') return true
  const { httpStatusCode: status = 0 } = (error as { $metadata?: { httpStatusCode?: number } }).$metadata ?? {}
  return status >= 400 && status < 500 && status !== 429 && !/Throttl|LimitExceeded|DependencyTimeout/.test(name)
}
