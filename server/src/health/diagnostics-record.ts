import { z } from '@hono/zod-openapi'

const instant = z.iso.datetime()

export const diagnosticsSchema = z
  .object({
    base_url: z.url().openapi({ description: 'Where browsers and providers must reach this server.' }),
    allow_loopback: z.boolean(),
    now: instant.openapi({ description: 'By the clock of the server.' }),
    proxy_variables: z.array(z.string()).openapi({
      description: 'Proxy variables that are set; requests to providers do not heed them.',
    }),
    database: z.object({
      version: z.string().openapi({ example: '18.4' }),
      now: instant.openapi({ description: 'By the clock of the database.' }),
      clock_offset_ms: z
        .number()
        .int()
        .openapi({ description: 'How far the database’s clock is ahead of the server’s.' }),
      round_trip_ms: z.number(),
      migrations: z.object({
        applied: z.array(z.string()),
        missing: z.array(z.string()),
        foreign: z.array(z.string()).openapi({ description: 'Applied by a newer server.' }),
      }),
    }),
    keys: z.object({
      store: z.string(),
      current: z.object({ id: z.string(), created_at: instant.nullable() }),
      needed: z.array(z.object({ id: z.string(), store: z.string(), data_keys: z.number().int() })).openapi({
        description: 'Key-encryption keys without which some secrets do not open.',
      }),
      oldest_sealing_key_at: instant.nullable().openapi({
        description: 'When the oldest data key that still seals was made, of all tenants.',
      }),
      rotation: z.object({ status: z.enum(['running', 'finished']), error_code: z.string().nullable() }).nullable(),
    }),
    queue: z.object({
      jobs: z.array(
        z.object({
          name: z.string(),
          waiting: z.number().int(),
          late: z.number().int().openapi({ description: 'Waiting for more than a minute after their time.' }),
          active: z.number().int(),
          failed: z.number().int().openapi({ description: 'Of the last day.' }),
        }),
      ),
      refreshes_due: z.number().int(),
      oldest_refresh_due_at: instant.nullable(),
      webhooks_waiting: z.number().int(),
    }),
    confinement: z.object({ runtime: z.string(), kind: z.string(), summary: z.string(), gaps: z.array(z.string()) }),
  })
  .openapi('Diagnostics')

export type Diagnostics = z.infer<typeof diagnosticsSchema>
