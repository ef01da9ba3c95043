import { z } from '@hono/zod-openapi'
import type { JsonObject } from '@sluice/oauth'
import { jsonObjectSchema } from '../connectors/connector-record.ts'
import type { Grant } from '../grants/grant.ts'

export const credentialsSchema = z
  .object({
    connection_id: z.uuid(),
    version: z.int().openapi({ description: 'Counts token responses; give it when you report a token.' }),
    access_token: z.string().nullable().openapi({ description: 'Null where the credentials are not OAuth.' }),
    access_token_expires_at: z.iso
      .datetime()
      .nullable()
      .openapi({ description: 'Null: the provider does not tell. Report a 401, and it is refreshed.' }),
    credentials: jsonObjectSchema.openapi({
      description:
        'In the connector’s own shape, without the client’s id and secret, which are injected at launch. Where they are ' +
        'not OAuth: the whole config, in the clear.',
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

/** Of a connection without grant: an API key, a password, a key pair stand in its config. */
export function presentOwnCredentials(
  { id, version }: { id: string; version: number },
  config: JsonObject,
): z.infer<typeof credentialsSchema> {
  return { connection_id: id, version, access_token: null, access_token_expires_at: null, credentials: config }
}
