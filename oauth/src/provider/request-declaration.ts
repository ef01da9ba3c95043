import { z } from 'zod'

const text = z.string().min(1).max(4096)

/** Declared values: text with {{placeholders}}, numbers and booleans; null keeps a standard parameter from being sent. */
const values = z.record(text, z.union([z.string().max(4096), z.number(), z.boolean(), z.null()]))

export const CLIENT_AUTHENTICATION = [
  'client_secret_basic',
  'client_secret_post',
  /** The secret as user name of HTTP Basic, with no password. */
  'client_secret_as_user_name',
  /** HTTP Basic, with `client_id` in the body as well. */
  'client_secret_basic_with_client_id',
  'private_key_jwt',
  'client_secret_jwt',
  'tls_client_auth',
  'none',
  /** Nothing of the client at all. */
  'anonymous',
] as const

/** A request to the provider, without the parameters that its grant's RFC already says. */
export const requestDeclaration = z.strictObject({
  url: text.optional(),
  method: z.enum(['POST', 'GET', 'PUT', 'DELETE']).optional(),
  body: z
    .enum(['form', 'json', 'query'])
    .optional()
    .describe('How parameters are encoded; query puts them into the URL.'),
  client_authentication: z.enum(CLIENT_AUTHENTICATION).optional().describe('Exactly one (RFC 6749 §2.3).'),
  basic_encoding: z
    .enum(['form', 'raw'])
    .optional()
    .describe('How id and secret stand in HTTP Basic: form-encoded (RFC 6749 §2.3.1), or as they are. Default form.'),
  parameters: values
    .optional()
    .describe(
      'Further parameters, encoded by type. An empty one is not sent; null keeps a standard one from being sent.',
    ),
  parameter_names: z
    .record(text, text)
    .optional()
    .describe('Other names for standard parameters: client_id: client_key.'),
  headers: z.record(text, z.union([z.string().max(4096), z.null()])).optional(),
})

export type RequestDeclaration = z.output<typeof requestDeclaration>
