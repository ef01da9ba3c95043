// Ten thousand grants that fall due within one minute, two server processes, one provider that counts.
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { seedConnections } from '@sluice/server/testing'
import type { Arena } from './arena.ts'
import { startChild } from './child.ts'

const GRANTS = 10_000
const WINDOW_MS = 60_000
/** Tokens of five minutes fall due at least 45 seconds before they expire. */
const LIFETIME_MS = 300_000
const LEAD_MS = 45_000
const LEAST_PATIENCE_MS = 20_000

export interface Storm {
  grants: number
  refreshed_in_time: number
  most_calls_for_one: number
  calls: number
  seconds: number
}

export async function refreshStorm(arena: Arena): Promise<Storm> {
  const start = Date.now() + 8000
  const spent = Array.from({ length: GRANTS }, () => randomBytes(32).toString('base64url'))
  const due = (index: number) => start + (index / GRANTS) * WINDOW_MS
  const ids = await arena.setUp((services) =>
    seedConnections(services, {
      tenant_id: arena.tenant_id,
      connector_id: 'source-lab',
      integration_id: arena.integration.id,
      config: { region: 'all', history: 'all' },
      count: GRANTS,
      token: (index) => ({
        access_token: randomBytes(32).toString('base64url'),
        refresh_token: spent[index] ?? '',
        issued_at: new Date(due(index) + LEAD_MS - LIFETIME_MS),
        expires_at: new Date(due(index) + LEAD_MS),
        due_at: new Date(due(index)),
      }),
    }),
  )
  const servers = [await startChild('sluice-process.ts', { ...arena.sluice, ahead: true })]
  servers.push(await startChild('sluice-process.ts', { ...arena.sluice, ahead: true }))
  const deadline = start + WINDOW_MS + LEAD_MS + LEAST_PATIENCE_MS
  try {
    while (Date.now() < deadline && (await left(arena, ids)) > 0) await delay(500)
    const seconds = (Date.now() - start) / 1000
    const counts = spent.map((token) => arena.provider.refreshes.get(token) ?? 0)
    return {
      grants: GRANTS,
      refreshed_in_time: await inTime(arena, ids, due),
      most_calls_for_one: Math.max(...counts),
      calls: counts.reduce((sum, count) => sum + count, 0),
      seconds,
    }
  } finally {
    for (const server of servers) await server.stop()
  }
}

async function left({ sql }: Arena, ids: string[]): Promise<number> {
  const [row] = await sql`select count(*)::int as left from grants where connection_id = any(${ids}) and version = 1`
  return Number(row?.left ?? ids.length)
}

/** By the provider's answer as the grant records it. */
async function inTime({ sql }: Arena, ids: string[], due: (index: number) => number): Promise<number> {
  const rows = await sql`select connection_id, issued_at from grants where connection_id = any(${ids}) and version > 1`
  const issued = new Map(rows.map((row) => [String(row.connection_id), (row.issued_at as Date).getTime()]))
  return ids.filter((id, index) => (issued.get(id) ?? Number.POSITIVE_INFINITY) <= due(index) + LEAD_MS).length
}
