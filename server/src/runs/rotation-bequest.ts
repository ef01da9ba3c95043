// What a connector rotated by itself outlives a server that is killed: the launcher keeps it beside the private directory
// with a note of ours, and the next server on the machine takes it from there.

import { isJsonObject, secretValues } from '@sluice/connector-specs'
import { type FoundBequest, harvestConfig, type LaunchBequest, newSealingKey } from '@sluice/launcher'
import { type JsonObject, secret } from '@sluice/oauth'
import { z } from 'zod'
import type { ConnectionRow } from '../connections/connection.ts'
import { findConnector } from '../connectors/find-connector.ts'
import { SealingError } from '../sealing/sealing-error.ts'
import type { Services } from '../services.ts'
import { followRotations, type Rotations } from './follow-rotations.ts'

const outerNote = z.object({ tenant_id: z.string(), connection_id: z.string(), sealed: z.base64() })

const innerNote = z.object({
  run_id: z.string(),
  key: z.string(),
  /** As the connector was started with it. */
  config: z.record(z.string(), z.json()),
  pointers: z.record(z.string(), z.string()).nullable(),
  /** Tokens that it was given, and when. */
  tokens: z.array(z.string()),
  at: z.coerce.date(),
})

type InnerNote = z.infer<typeof innerNote>

export interface Bequeathed {
  run_id: string
  row: ConnectionRow
  /** As the connector is started with it now. */
  config(): JsonObject
  pointers: Record<string, string> | null
  rotations: Rotations
}

/** What the launcher is to keep for whoever comes after this process. */
export function rotationBequest(
  services: Services,
  { run_id, row, config, pointers, rotations }: Bequeathed,
): LaunchBequest {
  const key = newSealingKey().toString('base64')
  return {
    key,
    async note() {
      const { tokens, at } = rotations.given()
      const inner: InnerNote = { run_id, key, config: config(), pointers, tokens, at }
      const sealed = (await services.keys.seal(placeOf(row), inner)).toString('base64')
      return JSON.stringify({ tenant_id: row.tenant_id, connection_id: row.id, sealed })
    },
    async settled() {
      await rotations.settled()
      return rotations.stored()
    },
  }
}

/**
 * Takes what a killed server's connector had rotated, as if it had been heard of in time.
 *
 * @throws what keeps it from being stored now; it is offered again
 */
export async function inheritRotation(services: Services, found: FoundBequest): Promise<'taken' | 'foreign'> {
  const outer = outerNote.safeParse(parse(found.note))
  const row = outer.success ? await findRow(services, outer.data) : undefined
  const note = outer.success && row ? await openNote(services, row, outer.data.sealed) : null
  if (!row || !note) return 'foreign'
  const { run_id, config, pointers, key, tokens, at } = note
  const connector = await findConnector(services.connectors, row.connector_id)
  const onRotation = ({ outcome }: { outcome: string }) =>
    services.log.info({ run_id, connection_id: row.id, outcome }, 'a rotation that a killed server left was taken over')
  const options = { run_id, row, connector, config, pointers, onRotation, given: { tokens, at } }
  const rotations = followRotations(services, options)
  const { told, files } = await found.open(key)
  const schema = connector.spec.config_schema
  const rules = { config_schema: schema, mapped: Object.values(pointers ?? {}), secrets: secretValues(schema, config) }
  const rewritten = parse(files['config.json'])
  const heard = [parse(told), isJsonObject(rewritten) ? harvestConfig(config, rewritten, rules).config : null]
  for (const rotated of heard) if (isJsonObject(rotated)) await rotations.heard(secret(rotated))
  if (!rotations.stored()) throw new Error('The rotation could not be stored.')
  return 'taken'
}

async function findRow({ db }: Services, { tenant_id, connection_id }: z.infer<typeof outerNote>) {
  const query = db.selectFrom('connections').selectAll().where('tenant_id', '=', tenant_id)
  return await query.where('id', '=', connection_id).executeTakeFirst()
}

/** Null when another server's keys sealed it. */
async function openNote({ keys }: Services, row: ConnectionRow, sealed: string): Promise<InnerNote | null> {
  try {
    return innerNote.parse(await keys.open(placeOf(row), Buffer.from(sealed, 'base64')))
  } catch (error) {
    if (error instanceof SealingError) return null
    throw error
  }
}

function placeOf({ tenant_id, id }: ConnectionRow) {
  return { tenant_id, table: 'connections', column: 'bequest', row: id }
}

function parse(text: string | null | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null')
  } catch {
    // A file that was being rewritten when its connector was ended.
    return null
  }
}
