import { z } from '@hono/zod-openapi'
import { jsonObjectSchema } from '../connectors/connector-record.ts'
import type { Grant } from '../grants/grant.ts'

export const credentialsSchema = z
  .object({
    connection_id: z.uuid(),
    version: z.int().openapi({ description: 'Counts token responses; give it when you report a token.' }),
    access_token: z.string(),
    access_token_expires_at: z.iso
      .datetime()
      .nullable()
      .openapi({ description: 'Null: the provider does not tell. Report a 401, and it is refreshed.' }),
    credentials: jsonObjectSchema.openapi({
      description: 'In the connector’s own shape, without the client’s id and secret, which are injected at launch.',
    }),
  })
  .openapi('Credentials')

export function presentCredentials(grant: Grant): z.infer<typeof credentialsSchema> {
  return {
    connection_id: grant.connection_id,
    version: grant.version,
    access_token: grant.access_token.reveal(),
    access_token_expires_at: grant.access_token_expires_at?.toISOString() ?? null,
    credentials: grant.credentials.reveal(),
  }
}
