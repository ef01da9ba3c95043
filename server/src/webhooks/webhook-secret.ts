// Signing secrets and signatures of Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks, §"Webhook
// headers" and §"Signature scheme").
import { createHmac, randomBytes } from 'node:crypto'
import { type Secret, secret } from '@sluice/oauth'
import { z } from 'zod'
import type { KeyRing, SealedPlace } from '../sealing/key-ring.ts'

const PREFIX = 'whsec_'
const BYTES = 32

/** `whsec_` and 32 random bytes in base64. */
export function generateWebhookSecret(): Secret {
  return secret(PREFIX + randomBytes(BYTES).toString('base64'))
}

export function secretPlace(tenant_id: string, endpointId: string): SealedPlace {
  return { tenant_id, table: 'webhook_endpoints', column: 'secret', row: endpointId }
}

export interface SealedSecrets {
  id: string
  tenant_id: string
  secret_sealed: Buffer
  earlier_secret_sealed: Buffer | null
  earlier_secret_until: Date | null
}

/** The secrets that sign now: the newest first, and the earlier one while both are accepted. */
export async function openSecrets(keys: KeyRing, row: SealedSecrets, now: Date): Promise<Secret[]> {
  const overlaps = row.earlier_secret_until !== null && row.earlier_secret_until > now
  const sealed = [row.secret_sealed, ...(overlaps && row.earlier_secret_sealed ? [row.earlier_secret_sealed] : [])]
  const place = secretPlace(row.tenant_id, row.id)
  return Promise.all(sealed.map(async (value) => secret(z.string().parse(await keys.open(place, value)))))
}

export interface WebhookMessage {
  /** The event's id, the same in every attempt: what a receiver tells duplicates by. */
  id: string
  sent_at: Date
  body: string
}

/** The headers that prove a message: one signature for each secret. */
export function signWebhook(secrets: Secret[], { id, sent_at, body }: WebhookMessage): Record<string, string> {
  const timestamp = String(Math.floor(sent_at.getTime() / 1000))
  const signatures = secrets.map((one) => {
    const key = Buffer.from(one.reveal().slice(PREFIX.length), 'base64')
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
  })
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') }
}
