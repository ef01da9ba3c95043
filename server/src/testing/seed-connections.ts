// Connections in number, for benchmarks: rows as consent leaves them, without anybody's consent.
import { secret } from '@sluice/oauth'
import { sealConfig } from '../connections/connection.ts'
import { sealedTokens } from '../grants/grant.ts'
import type { Services } from '../services.ts'
import { uuidv7 } from '../uuid.ts'

const ROWS_AT_ONCE = 1000

export interface SeededConnections {
  tenant_id: string
  connector_id: string
  integration_id: string
  config: Record<string, string>
  count: number
  /** Of the nth one. */
  token(index: number): { access_token: string; refresh_token: string; issued_at: Date; expires_at: Date; due_at: Date }
}

/** Returns the ids, in the order of their number. */
export async function seedConnections(
  { db, keys }: Pick<Services, 'db' | 'keys'>,
  { tenant_id, connector_id, integration_id, config, count, token }: SeededConnections,
): Promise<string[]> {
  const ids = Array.from({ length: count }, () => uuidv7())
  for (let from = 0; from < count; from += ROWS_AT_ONCE) {
    const places = ids.slice(from, from + ROWS_AT_ONCE).map((id) => ({ id, tenant_id }))
    const connections = places.map(async (place) => ({
      ...place,
      connector_id,
      integration_id,
      end_user: null,
      config_sealed: await sealConfig(keys, place, config),
      status: 'healthy' as const,
      status_reason: null,
    }))
    const grants = places.map(async (place, index) => {
      const { access_token, refresh_token, issued_at, expires_at, due_at } = token(from + index)
      const tokens = {
        access_token: secret(access_token),
        refresh_token: secret(refresh_token),
        expires_at,
        scope: null,
        token_type: 'Bearer',
        response: secret({}),
      }
      const credentials = secret({ access_token, refresh_token })
      const columns = await sealedTokens(keys, place, { tokens, credentials }, null, { now: issued_at })
      return { connection_id: place.id, tenant_id, version: 1, scope: null, ...columns, refresh_due_at: due_at }
    })
    await db
      .insertInto('connections')
      .values(await Promise.all(connections))
      .execute()
    await db
      .insertInto('grants')
      .values(await Promise.all(grants))
      .execute()
  }
  return ids
}
