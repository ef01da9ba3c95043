// AWS KMS as far as a data key needs it: JSON 1.1 (https://docs.aws.amazon.com/kms/latest/APIReference), with every
// request's signature checked (AWS Signature Version 4).
import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { TestContext } from 'node:test'
import { z } from 'zod'
import { decryptFor, encryptFor, type StandInAnswer, type StandInRequest, startStandIn } from './stand-in.ts'

export const AWS_KEY_ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
export const AWS_ENVIRONMENT = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/EXAMPLE' }

const context = z.record(z.string(), z.string())
const inputs = {
  Encrypt: z.object({ KeyId: z.string(), Plaintext: z.base64(), EncryptionContext: context }).strict(),
  Decrypt: z.object({ KeyId: z.string(), CiphertextBlob: z.base64(), EncryptionContext: context }).strict(),
  GenerateDataKey: z.object({ KeyId: z.string(), KeySpec: z.literal('AES_256'), EncryptionContext: context }).strict(),
}

export function startAwsKms(t: Pick<TestContext, 'after'>) {
  return startStandIn(t, (request) => {
    const { method, path, headers, body } = request
    const [service, operation] = String(headers['x-amz-target']).split('.')
    if (method !== 'POST' || path !== '/' || service !== 'TrentService') return fault(400, 'UnknownOperationException')
    if (headers['content-type'] !== 'application/x-amz-json-1.1') return fault(415, 'SerializationException')
    if (!isSigned(request)) return fault(400, 'InvalidSignatureException')
    if (operation === 'Encrypt') {
      const input = inputs.Encrypt.parse(JSON.parse(body.toString()))
      if (input.KeyId !== AWS_KEY_ARN) return fault(400, 'NotFoundException')
      const sealed = encryptFor(canonical(input.EncryptionContext), Buffer.from(input.Plaintext, 'base64'))
      return answer({ CiphertextBlob: sealed.toString('base64'), KeyId: AWS_KEY_ARN })
    }
    if (operation === 'GenerateDataKey') {
      const input = inputs.GenerateDataKey.parse(JSON.parse(body.toString()))
      if (input.KeyId !== AWS_KEY_ARN) return fault(400, 'NotFoundException')
      const key = randomBytes(32)
      const sealed = encryptFor(canonical(input.EncryptionContext), key)
      return answer({
        Plaintext: key.toString('base64'),
        CiphertextBlob: sealed.toString('base64'),
        KeyId: AWS_KEY_ARN,
      })
    }
    const input = inputs.Decrypt.parse(JSON.parse(body.toString()))
    const opened = decryptFor(canonical(input.EncryptionContext), Buffer.from(input.CiphertextBlob, 'base64'))
    if (opened === null) return fault(400, 'InvalidCiphertextException')
    return answer({ Plaintext: opened.toString('base64'), KeyId: AWS_KEY_ARN })
  })
}

function answer(body: object): StandInAnswer {
  return { status: 200, body, headers: { 'content-type': 'application/x-amz-json-1.1' } }
}

function fault(status: number, type: string): StandInAnswer {
  return { status, body: { __type: type, message: 'refused by the stand-in' } }
}

function canonical(values: Record<string, string>): string {
  return JSON.stringify(Object.entries(values).sort())
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/(\d{8})\/eu-west-1\/kms\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html */
function isSigned({ method, path, headers, body }: StandInRequest): boolean {
  const [, day, names = '', signature] = AUTHORIZATION.exec(headers.authorization ?? '') ?? []
  const time = headers['x-amz-date']
  if (day === undefined || typeof time !== 'string' || !time.startsWith(day)) return false
  const signed = names.split(';')
  if (!['host', 'x-amz-date', 'x-amz-target'].every((name) => signed.includes(name))) return false
  const lines = signed.map((name) => `${name}:${String(headers[name]).trim()}\n`).join('')
  const request = [method, path, '', lines, names, sha256(body)].join('\n')
  const scope = `${day}/eu-west-1/kms/aws4_request`
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256(request)].join('\n')
  const key = [day, 'eu-west-1', 'kms', 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${AWS_ENVIRONMENT.AWS_SECRET_ACCESS_KEY}`,
  )
  return createHmac('sha256', key).update(text).digest('hex') === signature
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}
