import { createRoute, z } from '@hono/zod-openapi'
import { actorOf } from '../audit/audit-actor.ts'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { parseJsonObject } from '../http/json-object.ts'
import { Problem } from '../http/problem.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { findRun, presentRun, runSchema } from './run-record.ts'
import { newRunSchema, readingOperations } from './run-request.ts'
import { type NewRun, startRun } from './start-run.ts'

const MAXIMUM_SAMPLE = 1000
const DEFAULT_SAMPLE = 100

const route = createRoute({
  method: 'post',
  path: '/v1/runs',
  tags: ['Runs'],
  summary: 'Start a run',
  description:
    'Queues a launch of the connection’s connector; any server process takes it up, with its secrets injected and its ' +
    'token kept valid. Follow it by `GET /v1/runs/{id}/events`, or ask for it again while it is `queued` or `running`.',
  security: requires('runs:write'),
  request: {
    query: z.object({
      wait: z.coerce.number().int().min(0).max(120).default(0).openapi({
        type: 'integer',
        description: 'Seconds to wait for the end before answering.',
      }),
    }),
    body: { required: true, ...json(newRunSchema, 'What to launch.') },
  },
  responses: {
    201: json(runSchema, 'The run as it stands.'),
    ...failures(401, 403, 404, 422, 503),
  },
})

export function createRun(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const { tenant_id } = c.get('caller')
    const started = await startRun(services, {
      tenant_id,
      actor: actorOf(c.get('caller')),
      ...checked(c.req.valid('json')),
    })
    await services.runs.settled(started, c.req.valid('query').wait * 1000)
    return c.json(await presentRun(services, await findRun(services, tenant_id, started.id)), 201)
  })
}

/** @throws Problem 422 where parts of it contradict each other */
function checked(given: z.infer<typeof newRunSchema>): Omit<NewRun, 'tenant_id'> {
  const { operation, target_connection_id, documents, max_documents, dry_run, bindings, state, ...rest } = given
  const reads = readingOperations.includes(operation)
  const isSample = documents === 'sample' && target_connection_id === undefined
  if (operation === 'write' && target_connection_id === undefined) {
    throw invalid('/target_connection_id', 'Name the connection to write to.')
  }
  if (target_connection_id !== undefined && !reads) {
    throw invalid('/target_connection_id', 'Only read, capture and write have a target.')
  }
  if (documents === 'file' && (!reads || target_connection_id !== undefined)) {
    throw invalid('/documents', 'Only read and capture without a target write a file.')
  }
  if (isSample && (max_documents ?? 0) > MAXIMUM_SAMPLE) {
    throw invalid('/max_documents', `A sample holds ${MAXIMUM_SAMPLE} documents at most. Ask for a file.`)
  }
  return {
    connection_id: rest.connection_id,
    operation,
    target_connection_id: target_connection_id ?? null,
    documents: target_connection_id === undefined ? documents : 'none',
    max_documents: max_documents ?? (isSample ? DEFAULT_SAMPLE : null),
    dry_run,
    bindings: bindings?.map(({ resource, target }) => ({ resource: parseJsonObject(resource), target })) ?? null,
    state: state === undefined ? null : parseJsonObject(state),
    save_state: reads && (rest.save_state ?? true),
    ...(rest.max_attempts !== undefined && { max_attempts: rest.max_attempts }),
  }
}

function invalid(pointer: string, message: string): Problem {
  return new Problem(422, 'invalid_request', message, { errors: [{ pointer, rule: 'combination', message }] })
}
