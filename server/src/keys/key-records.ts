import { z } from '@hono/zod-openapi'
import type { Selectable } from 'kysely'
import type { KeyRotationTable } from '../database/schema.ts'
import type { Services } from '../services.ts'

export const keyRotationSchema = z
  .object({
    id: z.uuid(),
    status: z.enum(['running', 'finished']),
    data_keys_rewrapped: z.number().int(),
    rows_resealed: z.number().int(),
    rows_total: z.number().int().openapi({ description: 'Known once the new data keys are made; 0 until then.' }),
    error_code: z
      .string()
      .nullable()
      .openapi({
        description:
          'Why the last attempt stopped; the rotation goes on by itself. `sealed_data_damaged` on a finished one: values ' +
          'that do not open were left as they are, and their key is kept.',
      }),
    started_at: z.iso.datetime(),
    finished_at: z.iso.datetime().nullable(),
  })
  .openapi('KeyRotation')

export const keysSchema = z
  .object({
    key_encryption_keys: z.array(
      z.object({
        id: z.string(),
        store: z.string().openapi({ example: 'AWS KMS (arn:aws:kms:…)' }),
        current: z.boolean().openapi({ description: 'Whether this server wraps with it.' }),
        data_keys: z.number().int().openapi({ description: 'How many data keys, of all tenants, need it.' }),
      }),
    ),
    data_keys: z
      .array(
        z.object({
          id: z.uuid(),
          key_encryption_key_id: z.string(),
          created_at: z.iso.datetime(),
          wrapped_at: z.iso.datetime(),
          retired_at: z.iso.datetime().nullable().openapi({ description: 'Deleted a day after.' }),
        }),
      )
      .openapi({ description: 'The tenant’s own, newest first; the first one seals.' }),
    // The running one, or else the last one.
    rotation: z.union([keyRotationSchema, z.null()]),
  })
  .openapi('Keys')

export function presentRotation(row: Selectable<KeyRotationTable>): z.infer<typeof keyRotationSchema> {
  return {
    id: row.id,
    status: row.status,
    data_keys_rewrapped: row.data_keys_rewrapped,
    rows_resealed: Number(row.rows_resealed),
    rows_total: Number(row.rows_total),
    error_code: row.error_code,
    started_at: row.started_at.toISOString(),
    finished_at: row.finished_at?.toISOString() ?? null,
  }
}

export async function presentKeys(services: Services, tenantId: string): Promise<z.infer<typeof keysSchema>> {
  const { db, key_encryption_keys } = services
  const current = key_encryption_keys.current().id
  const keks = await db
    .selectFrom('key_encryption_keys as kek')
    .select((eb) => [
      'kek.id',
      'kek.store',
      eb
        .selectFrom('data_keys')
        .whereRef('data_keys.key_encryption_key_id', '=', 'kek.id')
        .select((count) => count.fn.countAll<string>().as('count'))
        .as('count'),
    ])
    .orderBy('kek.created_at', 'desc')
    .execute()
  const dataKeys = await db
    .selectFrom('data_keys')
    .select(['id', 'key_encryption_key_id', 'created_at', 'wrapped_at', 'retired_at'])
    .where('tenant_id', '=', tenantId)
    .orderBy('created_at', 'desc')
    .execute()
  const rotation = await db.selectFrom('key_rotations').selectAll().orderBy('id', 'desc').limit(1).executeTakeFirst()
  return {
    key_encryption_keys: keks.map(({ id, store, count }) => ({
      id,
      store,
      current: id === current,
      data_keys: Number(count ?? 0),
    })),
    data_keys: dataKeys.map((row) => ({
      id: row.id,
      key_encryption_key_id: row.key_encryption_key_id,
      created_at: row.created_at.toISOString(),
      wrapped_at: row.wrapped_at.toISOString(),
      retired_at: row.retired_at?.toISOString() ?? null,
    })),
    rotation: rotation === undefined ? null : presentRotation(rotation),
  }
}
