import { createRoute, z } from '@hono/zod-openapi'
import { actorOf } from '../audit/audit-actor.ts'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures } from '../http/api.ts'
import { uuidParameter } from '../http/parameters.ts'
import { Problem } from '../http/problem.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { readDocumentFile } from './document-file.ts'
import { findRun } from './run-record.ts'

const route = createRoute({
  method: 'get',
  path: '/v1/runs/{id}/documents',
  tags: ['Runs'],
  summary: 'Fetch a run’s documents',
  description:
    'The file of a run with `documents: "file"`: one JSON object a line, `{"collection", "document"}`, as of the last ' +
    'checkpoint. It is kept for thirty days.',
  security: requires('runs:read'),
  request: { params: uuidParameter },
  responses: {
    200: {
      description: 'The documents, newline-delimited.',
      content: { 'application/x-ndjson': { schema: z.string() } },
    },
    ...failures(401, 403, 404, 422, 503),
  },
})

export function getDocuments(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const caller = c.get('caller')
    const services = forTenant(shared, caller.tenant_id)
    const row = await findRun(services, caller.tenant_id, c.req.valid('param').id)
    if (row.document_bytes === null) throw new Problem(404, 'documents_not_found', NO_FILE)
    const bytes = Number(row.document_bytes)
    const body = await readDocumentFile(services.runs.limits.documents_directory, row.id, bytes)
    await services.audit.append(caller.tenant_id, {
      action: 'run.documents.read',
      actor: actorOf(caller),
      subject: { type: 'run', id: row.id },
      detail: { bytes },
    })
    const headers = {
      'content-type': 'application/x-ndjson',
      'content-length': String(bytes),
      'content-disposition': `attachment; filename="${row.id}.ndjson"`,
      'cache-control': 'no-store',
    }
    // The described response is a text; this one is streamed.
    return new Response(body, { headers }) as never
  })
}

const NO_FILE = 'This run has no file. Start one with "documents": "file", and wait for its first checkpoint.'
