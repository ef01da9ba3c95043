import { createRoute, z } from '@hono/zod-openapi'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { verifyChain } from './verify-chain.ts'

const endSchema = z
  .object({
    sequence: z.string().regex(/^\d{1,18}$/),
    hash: z.string().regex(/^[0-9a-f]{64}$/),
  })
  .strict()
  .openapi('AuditChainEnd')

const verdictSchema = z
  .object({
    intact: z.boolean(),
    records: z.number().int().openapi({ description: 'How many hold, from the first.' }),
    end: endSchema
      .nullable()
      .openapi({ description: 'Note it elsewhere: a chain that was cut back no longer has it.' }),
    broken: z
      .object({
        sequence: z.string(),
        reason: z.enum(['missing', 'altered', 'unlinked', 'end_differs', 'expectation']),
      })
      .nullable()
      .openapi({ description: 'The first record that does not hold.' }),
  })
  .openapi('AuditVerdict')

const route = createRoute({
  method: 'post',
  path: '/v1/audit_records:verify',
  tags: ['Audit'],
  summary: 'Verify the audit chain',
  description: 'Walks the chain from its first record and names the first that does not hold.',
  security: requires('audit:read'),
  request: {
    body: {
      required: true,
      ...json(
        z.object({ expected: endSchema.optional() }).strict(),
        'An end that was noted before, which the chain must still hold.',
      ),
    },
  },
  responses: { 200: json(verdictSchema, 'What was found.'), ...failures(401, 403, 422) },
})

export function verifyAuditRecords(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const { expected } = c.req.valid('json')
    const verdict = await verifyChain(services.db, c.get('caller').tenant_id, expected)
    return c.json({ end: null, broken: null, ...verdict }, 200)
  })
}
