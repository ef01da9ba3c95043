// `/v1/runs/{id}:cancel`: to the router the whole segment is one parameter.
import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { notFound, Problem } from '../http/problem.ts'

const uuid = z.uuid()

/** Describes the parameter; the router knows it by another name, so that it is read by `runIdOf`. */
export const runActionParameter = z.object({
  id: z
    .string()
    .optional()
    .openapi({ param: { name: 'id', in: 'path', required: true }, format: 'uuid' }),
})

/** @throws Problem 404 */
export function runIdOf(c: Context, action: string): string {
  const { pathname } = new URL(c.req.url)
  const [id = '', asked] = (pathname.split('/').at(-1) ?? '').split(':')
  if (asked !== action) throw new Problem(404, 'not_found', `There is nothing at ${c.req.method} ${pathname}.`)
  if (!uuid.safeParse(id).success) throw notFound('run', id)
  return id
}
