import { OpenAPIHono, type z } from '@hono/zod-openapi'
import type { Caller } from './caller.ts'
import { Problem, problemSchema, type Violation } from './problem.ts'

/** A Hono app whose routes carry OpenAPI descriptions and whose `/v1` handlers know their caller. */
export type Api = OpenAPIHono<{ Variables: { caller: Caller } }>

export function createApi(): Api {
  return new OpenAPIHono({
    defaultHook: (result) => {
      if (!result.success) return invalidRequest(result.error.issues, result.target).toResponse()
    },
  })
}

export const json = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  content: { 'application/json': { schema } },
})

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problemSchema } },
})

const problems = {
  400: problem('The request cannot be read.'),
  401: problem('No valid API key.'),
  403: problem('Not allowed.'),
  404: problem('No such thing, or not the caller’s.'),
  409: problem('It contradicts what stands.'),
  410: problem('It is used up or expired.'),
  412: problem('It was changed since it was read.'),
  422: problem('A value breaks a rule; `errors` names the field and the rule.'),
  429: problem('Too often; try again later.'),
  502: problem('The provider refused.'),
  503: problem('Try again later.'),
} as const

/** The problem responses of a route, by status. */
export const failures = <S extends keyof typeof problems>(...statuses: S[]): Pick<typeof problems, S> =>
  Object.fromEntries(statuses.map((status) => [status, problems[status]])) as Pick<typeof problems, S>

function invalidRequest(issues: z.core.$ZodIssue[], target: string): Problem {
  const errors: Violation[] = issues.map((issue) => ({
    pointer: issue.path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
    rule: issue.code,
    message: issue.message,
  }))
  const first = errors[0]
  const place = first === undefined || first.pointer === '' ? target : first.pointer
  return new Problem(422, 'invalid_request', `The ${target} breaks a rule at ${place}: ${first?.message ?? ''}`, {
    errors,
  })
}
