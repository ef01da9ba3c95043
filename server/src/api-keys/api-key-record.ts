import { z } from '@hono/zod-openapi'
import type { Selectable } from 'kysely'
import type { ApiKeyTable } from '../database/schema.ts'
import { text } from '../http/text.ts'
import { scopeSchema } from './scopes.ts'

export const apiKeySchema = z
  .object({
    id: z
      .string()
      .openapi({ description: 'The characters after `sluice_`, which find the key a leaked text belongs to.' }),
    name: z.string(),
    scopes: z.array(scopeSchema),
    expires_at: z.iso.datetime().nullable(),
    last_used_at: z.iso.datetime().nullable().openapi({ description: 'As of the last half minute.' }),
    revoked_at: z.iso.datetime().nullable(),
    rotated_to: z.string().nullable().openapi({ description: 'The key that took its place.' }),
    created_at: z.iso.datetime(),
  })
  .openapi('ApiKey')

export const issuedApiKeySchema = apiKeySchema
  .extend({
    key: z
      .string()
      .openapi({ description: 'The key itself, shown this once: only its hash is kept.', example: 'sluice_…' }),
  })
  .openapi('IssuedApiKey')

export const apiKeyParameter = z.object({
  id: text(1, 100).openapi({ param: { name: 'id', in: 'path' }, example: '5hTq0WzYb3Kd' }),
})

export const apiKeyColumns = [
  'id',
  'name',
  'scopes',
  'expires_at',
  'last_used_at',
  'revoked_at',
  'rotated_to',
  'created_at',
  'rules_digest',
] as const

export type ApiKeyRow = Pick<Selectable<ApiKeyTable>, (typeof apiKeyColumns)[number]>

export function presentApiKey(row: ApiKeyRow): z.infer<typeof apiKeySchema> {
  return {
    id: row.id,
    name: row.name,
    scopes: row.scopes,
    expires_at: row.expires_at?.toISOString() ?? null,
    last_used_at: row.last_used_at?.toISOString() ?? null,
    revoked_at: row.revoked_at?.toISOString() ?? null,
    rotated_to: row.rotated_to,
    created_at: row.created_at.toISOString(),
  }
}
