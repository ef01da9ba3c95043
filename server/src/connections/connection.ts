import type { JsonObject } from '@sluice/oauth'
import type { Selectable, Transaction } from 'kysely'
import type { ConnectionTable, Database, EndUser } from '../database/schema.ts'
import type { GrantedConnection } from '../grants/grant.ts'
import { notFound } from '../http/problem.ts'
import type { KeyRing } from '../sealing/key-ring.ts'
import { openedObject } from '../sealing/opened-object.ts'
import type { Services } from '../services.ts'

export type ConnectionRow = Selectable<ConnectionTable>

/** @throws Problem 404, the same whether it is missing or another tenant's */
export async function findConnection({ db }: Services, tenantId: string, id: string): Promise<ConnectionRow> {
  const row = await db
    .selectFrom('connections')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  if (row === undefined) throw notFound('connection', id)
  return row
}

export interface NewConnection extends GrantedConnection {
  end_user: EndUser | null
  required_scopes?: string[]
  optional_scopes?: string[]
}

export async function insertConnection(tx: Transaction<Database>, keys: KeyRing, connection: NewConnection) {
  await tx
    .insertInto('connections')
    .values(await newConnectionRow(keys, connection))
    .execute()
}

export const newConnectionColumns = [
  'id',
  'tenant_id',
  'connector_id',
  'integration_id',
  'end_user',
  'config_sealed',
  'status',
  'required_scopes',
  'optional_scopes',
] as const

export async function newConnectionRow(keys: KeyRing, connection: NewConnection) {
  return {
    id: connection.id,
    tenant_id: connection.tenant_id,
    connector_id: connection.connector_id,
    integration_id: connection.integration_id,
    end_user: connection.end_user,
    config_sealed: await sealConfig(keys, connection, connection.config),
    status: 'healthy',
    required_scopes: connection.required_scopes ?? [],
    optional_scopes: connection.optional_scopes ?? [],
  } as const
}

/** The endpoint config as the person filled it; the grant's credentials are not in it. */
export async function openConfig(
  { keys }: Services,
  row: Pick<ConnectionRow, 'id' | 'tenant_id' | 'config_sealed'>,
): Promise<JsonObject> {
  return openedObject.parse(await keys.open(placeOf(row), row.config_sealed))
}

export function sealConfig(keys: KeyRing, connection: { tenant_id: string; id: string }, config: JsonObject) {
  return keys.seal(placeOf(connection), config)
}

function placeOf({ tenant_id, id }: { tenant_id: string; id: string }) {
  return { tenant_id, table: 'connections', column: 'config', row: id }
}
