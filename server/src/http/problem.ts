// Errors as responses: RFC 9457 problem details. Thrown anywhere below a route, turned into a response here alone.

import type { IncomingMessage } from 'node:http'
import { z } from '@hono/zod-openapi'
import { OAuthError } from '@sluice/oauth'
import type { Context, ErrorHandler, NotFoundHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Logger } from 'pino'
import { DatabaseAwayError } from '../database/database-away.ts'
import { SealingError } from '../sealing/sealing-error.ts'

export const violationSchema = z
  .object({
    pointer: z.string().openapi({ description: 'JSON pointer (RFC 6901) to the value.', example: '/config/region' }),
    rule: z.string().openapi({ description: 'The rule that it breaks.', example: 'pattern' }),
    message: z.string(),
  })
  .openapi('Violation')

export type Violation = z.infer<typeof violationSchema>

export const problemSchema = z
  .object({
    type: z.string().openapi({ example: 'about:blank' }),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().openapi({ description: 'What happened and what to do next.' }),
    code: z.string().openapi({ description: 'Stable, for programs.', example: 'connection_not_found' }),
    errors: z.array(violationSchema).optional(),
    required_scope: z.string().optional().openapi({ description: 'With `scope_missing`: the scope that was missing.' }),
  })
  .openapi('Problem')

const titles: Partial<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not authenticated',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  410: 'Gone',
  412: 'Precondition failed',
  413: 'Body too large',
  415: 'Unsupported media type',
  422: 'Unprocessable content',
  429: 'Too many requests',
  500: 'Internal error',
  502: 'Bad gateway',
  503: 'Unavailable',
}

interface ProblemOptions {
  errors?: Violation[]
  required_scope?: string
  /** Such as `retry-after`. */
  headers?: Record<string, string>
  cause?: unknown
}

/** An error for the caller: `detail` says what happened and what to do next, and holds nothing secret. */
export class Problem extends Error {
  readonly status: ContentfulStatusCode
  readonly code: string
  readonly errors: Violation[] | undefined
  readonly required_scope: string | undefined
  readonly headers: Record<string, string>

  constructor(status: ContentfulStatusCode, code: string, detail: string, options: ProblemOptions = {}) {
    super(detail, { cause: options.cause })
    this.name = 'Problem'
    this.status = status
    this.code = code
    this.errors = options.errors
    this.required_scope = options.required_scope
    this.headers = options.headers ?? {}
  }

  toResponse(): Response {
    const body: z.infer<typeof problemSchema> = {
      type: 'about:blank',
      title: titles[this.status] ?? 'Error',
      status: this.status,
      detail: this.message,
      code: this.code,
      ...(this.errors === undefined ? {} : { errors: this.errors }),
      ...(this.required_scope === undefined ? {} : { required_scope: this.required_scope }),
    }
    return new Response(JSON.stringify(body), {
      status: this.status,
      headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...this.headers },
    })
  }
}

export const notFound = (kind: string, id: string): Problem =>
  new Problem(404, `${kind}_not_found`, `There is no ${kind.replaceAll('_', ' ')} ${JSON.stringify(id)}.`)

/** Maps everything that may be thrown below a route; what we did not foresee is logged and told as nothing. */
export function problemFrom(error: unknown, log: Logger): Problem {
  if (error instanceof Problem) return error
  if (error instanceof HTTPException) {
    const code = error.status === 415 ? 'unsupported_media_type' : 'invalid_request'
    return new Problem(error.status, code, error.message || 'The request could not be read.')
  }
  if (error instanceof OAuthError) {
    return new Problem(error.verdict === 'transient' ? 503 : 502, error.code, error.message, { cause: error })
  }
  if (error instanceof SealingError && error.code === 'key_store_unavailable') {
    return new Problem(503, error.code, 'The key store does not answer. Try again later.', { cause: error })
  }
  if (error instanceof DatabaseAwayError) {
    log.warn({ error_name: errorName(error) }, 'the database is away')
    return new Problem(503, 'database_unavailable', DATABASE_AWAY, { headers: { 'retry-after': '2' }, cause: error })
  }
  // The message may quote a query or a value: the log gets the kind and the place, not the text.
  log.error({ error_name: errorName(error), stack: stackOf(error) }, 'unexpected error')
  return new Problem(500, 'internal_error', 'Something went wrong on our side. The server log says where.')
}

const DATABASE_AWAY = 'The database does not answer for the moment. Try again in some seconds.'

export const onError =
  (log: Logger): ErrorHandler =>
  (error, c) => {
    const problem = leftMidway(c) && !(error instanceof Problem) ? requestIncomplete() : problemFrom(error, log)
    return problem.toResponse()
  }

const requestIncomplete = () => new Problem(400, 'request_incomplete', 'The connection ended before the whole request.')

/** The client went while it was still sending; nobody will read the answer. `@hono/node-server` gives node's request. */
function leftMidway(c: Context): boolean {
  const { incoming } = (c.env ?? {}) as { incoming?: IncomingMessage }
  return incoming?.destroyed === true && !incoming.complete
}

export const onNotFound: NotFoundHandler = (c: Context) =>
  new Problem(404, 'not_found', `There is nothing at ${c.req.method} ${new URL(c.req.url).pathname}.`).toResponse()

function errorName(error: unknown): string {
  return error instanceof Error ? `${error.name}${'code' in error ? ` ${String(error.code)}` : ''}` : typeof error
}

function stackOf(error: unknown): string[] {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 12)
    .map((line) => line.trim())
}
