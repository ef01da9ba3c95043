import { z } from '@hono/zod-openapi'
import { notFound } from '../http/problem.ts'

/** `/v1/runs/{id}:cancel`: to the router the whole segment is one parameter. */
export const runActionParameter = z.object({
  id: z.string().openapi({ param: { name: 'id', in: 'path' }, format: 'uuid' }),
})

const uuid = z.uuid()

/** @throws Problem 404 */
export function runIdOf(segment: string): string {
  const parsed = uuid.safeParse(segment)
  if (!parsed.success) throw notFound('run', segment)
  return parsed.data
}
