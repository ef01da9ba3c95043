import { z } from '@hono/zod-openapi'

export const uuidParameter = z.object({ id: z.uuid().openapi({ param: { name: 'id', in: 'path' } }) })

/** Cursor pages, newest first. The cursor is the last id of the page before: ids are ordered by creation. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.uuid().optional().openapi({ description: '`next_cursor` of the page before.' }),
})

export const pageOf = <T extends z.ZodType>(record: T, name: string) =>
  z.object({ data: z.array(record), next_cursor: z.string().nullable() }).openapi(name)

/** Cuts a page out of `limit + 1` rows; the extra row says that there is a next page. */
export function page<Row extends { id: string }>(
  rows: Row[],
  limit: number,
): { rows: Row[]; next_cursor: string | null } {
  const shown = rows.slice(0, limit)
  return { rows: shown, next_cursor: rows.length > limit ? (shown.at(-1)?.id ?? null) : null }
}
