// How far a connection's bindings were read, as of the last checkpoint of the last run: the next one goes on from there.
import type { JsonObject } from '@sluice/oauth'
import type { Transaction } from 'kysely'
import { z } from 'zod'
import type { Database } from '../database/schema.ts'
import { Problem } from '../http/problem.ts'
import type { KeyRing } from '../sealing/key-ring.ts'
import type { Services } from '../services.ts'
import { uuidv7 } from '../uuid.ts'

export interface StateKey {
  tenant_id: string
  connection_id: string
  binding_set: string
}

export interface KeptState {
  id: string
  /** 0: there is none yet. */
  version: number
  state: JsonObject
}

const stateSchema = z.record(z.string(), z.json())

export async function loadState({ db, keys }: Services, key: StateKey): Promise<KeptState> {
  const row = await db
    .selectFrom('connection_states')
    .select(['id', 'version', 'state_sealed'])
    .where('tenant_id', '=', key.tenant_id)
    .where('connection_id', '=', key.connection_id)
    .where('binding_set', '=', key.binding_set)
    .executeTakeFirst()
  if (row === undefined) return { id: uuidv7(), version: 0, state: {} }
  return { id: row.id, version: row.version, state: await openState(keys, key.tenant_id, row) }
}

/**
 * Puts `state` in the place of the version that the run knows.
 *
 * @throws Problem 409 `state_conflict` when another run moved it meanwhile, or it was reset
 */
export async function saveState(
  { keys, now }: Services,
  tx: Transaction<Database>,
  key: StateKey,
  { kept, state, run_id }: { kept: KeptState; state: JsonObject; run_id: string },
): Promise<KeptState> {
  const { id, version } = kept
  const values = {
    version: version + 1,
    state_sealed: await sealState(keys, key.tenant_id, id, state),
    run_id,
    updated_at: now(),
  }
  const written =
    version === 0
      ? await tx
          .insertInto('connection_states')
          .values({ id, ...key, ...values })
          .onConflict((conflict) => conflict.columns(['tenant_id', 'connection_id', 'binding_set']).doNothing())
          .returning('id')
          .execute()
      : await tx
          .updateTable('connection_states')
          .set(values)
          .where('tenant_id', '=', key.tenant_id)
          .where('id', '=', id)
          .where('version', '=', version)
          .returning('id')
          .execute()
  if (written.length !== 1) throw new Problem(409, 'state_conflict', CONFLICT)
  return { id, version: version + 1, state }
}

const CONFLICT =
  'The state was reset, or another run moved it, while this run was reading. Nothing of it counts after its last ' +
  'checkpoint; start it again.'

export async function openState(
  keys: KeyRing,
  tenantId: string,
  row: { id: string; state_sealed: Buffer },
): Promise<JsonObject> {
  return stateSchema.parse(await keys.open(placeOf(tenantId, row.id), row.state_sealed))
}

function sealState(keys: KeyRing, tenantId: string, id: string, state: JsonObject) {
  return keys.seal(placeOf(tenantId, id), state)
}

function placeOf(tenant_id: string, row: string) {
  return { tenant_id, table: 'connection_states', column: 'state', row }
}
