// One attempt to deliver: built, sent through the guarded fetch, and judged.
import { type JsonObject, OAuthError } from '@sluice/oauth'
import { webhookBody } from '../events/event-record.ts'
import type { EventType } from '../events/event-types.ts'
import type { Services } from '../services.ts'
import { openSecrets, type SealedSecrets, signWebhook } from './webhook-secret.ts'

export interface ClaimedDelivery {
  id: string
  tenant_id: string
  /** This one included. */
  attempts: number
  endpoint: SealedSecrets & { url: string }
  event: { id: string; type: EventType; data: JsonObject; created_at: Date }
}

export type AttemptOutcome =
  | { arrived: true; status: number }
  /** `gone`: the receiver wants nothing any more (410). */
  | { arrived: false; status: number | null; error_code: string; gone: boolean; retry_after_s: number }

/** Never throws for what the receiver does. */
export async function attemptDelivery(
  { fetch, keys, now }: Pick<Services, 'fetch' | 'keys' | 'now'>,
  { endpoint, event }: ClaimedDelivery,
  signal: AbortSignal,
): Promise<AttemptOutcome> {
  const body = webhookBody(event)
  const sent_at = now()
  const secrets = await openSecrets(keys, endpoint, sent_at)
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'Sluice-Webhooks',
    ...signWebhook(secrets, { id: event.id, sent_at, body }),
  }
  try {
    const { status, headers: answered } = await fetch(
      { method: 'POST', url: endpoint.url, headers, body },
      { signal, leave_body: true },
    )
    if (status >= 200 && status < 300) return { arrived: true, status }
    const retry_after_s = Number(answered.get('retry-after') ?? 0)
    return {
      arrived: false,
      status,
      error_code: `http_${status}`,
      gone: status === 410,
      retry_after_s: retry_after_s || 0,
    }
  } catch (error) {
    if (signal.aborted || !(error instanceof OAuthError)) throw error
    return { arrived: false, status: null, error_code: error.code, gone: false, retry_after_s: 0 }
  }
}
