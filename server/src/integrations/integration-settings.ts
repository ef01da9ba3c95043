import { z } from '@hono/zod-openapi'
import { scopesSchema } from '../connections/scopes-schema.ts'
import { text } from '../http/text.ts'
import { authorizationServerFields } from './authorization-server.ts'
import { clientKeysSchema } from './client-keys.ts'
import { brandSchema, relaySchema } from './integration-record.ts'

/** What of an integration may be changed later, beside its name. The client id may not: grants are bound to it. */
export const integrationSettings = z.object({
  client_secret: text(1, 10_000).optional().openapi({
    description: 'Left out where the client proves itself by a key or certificate, or is a public one.',
  }),
  ...clientKeysSchema.shape,
  ...authorizationServerFields,
  required_scopes: scopesSchema.optional().openapi({
    description: 'What connections of this integration cannot do without, unless a connect session says otherwise.',
  }),
  optional_scopes: scopesSchema.optional().openapi({ description: 'What they use where it is granted.' }),
  return_urls: z
    .array(text(1, 2000).pipe(z.url({ protocol: /^https?$/ })))
    .max(50)
    .optional()
    .openapi({ description: 'Addresses that a connect session may return to, compared exactly.' }),
  relay: relaySchema.optional().openapi({
    description: 'Set it where the provider returns to your own domain and you relay what it sent.',
  }),
  brand: brandSchema.optional().openapi({ description: 'How the connect page introduces itself.' }),
})
