// Sluice's own provider declaration: a closed vocabulary. What a provider does is said here or nowhere; the engine names no
// provider. connector-specs/providers/README.md explains every word with examples, and the descriptions below reach
// editors through the JSON Schema that is made from them.

import { z } from 'zod'
import { oauth1Declaration } from '../oauth1/oauth1-plan.ts'
import { assertionDeclaration } from './assertion-declaration.ts'
import { refreshTokens } from './refresh-tokens-declaration.ts'
import { requestDeclaration } from './request-declaration.ts'
import { callbackCapture, jsonPointer, tokenResponseDeclaration } from './response-declaration.ts'

const name = z.string().regex(/^[a-z][a-z0-9_]*$/, 'must be lower_case letters, digits and underscores')
const text = z.string().min(1).max(4096)
const seconds = z.int().min(0)

const configField = z
  .strictObject({
    title: text,
    description: text.optional(),
    example: text.optional().describe('A value that the person could type; tests use it.'),
    pattern: text.optional().describe('Regular expression that the whole value must match.'),
    enum: z.array(text).min(1).optional(),
    default: text.optional().describe('Used when the person leaves the field out.'),
    optional: z.boolean().default(false),
  })
  .describe('A field that the person fills in before authorizing; templates read it as {{config.name}}.')

const scopeList = z.strictObject({
  default: z.array(text).default([]),
  separator: z.enum([' ', ',', ';', '|']).default(' '),
})

/** Metadata names (RFC 8414 §2), of the endpoints that are asked without templates. */
const FURTHER_ENDPOINTS = [
  'device_authorization_endpoint',
  'pushed_authorization_request_endpoint',
  'registration_endpoint',
] as const

const authorization = z.strictObject({
  url: text.optional().describe('Authorization endpoint (RFC 6749 §3.1).'),
  pkce: z
    .enum(['required', 'supported', 'unsupported'])
    .default('supported')
    .describe('RFC 7636, always by S256. Sent unless unsupported.'),
  parameters: requestDeclaration.shape.parameters,
  parameter_names: requestDeclaration.shape.parameter_names,
  redirect_uri: z
    .strictObject({
      https_only: z.boolean().default(false),
      loopback: z.boolean().default(true).describe('Whether localhost may be registered.'),
    })
    .prefault({})
    .describe('What the provider lets clients register.'),
  response: z
    .strictObject({
      code: text.default('code').describe('What the provider calls the code in the authorization response.'),
      capture: z.record(name, callbackCapture).default({}),
    })
    .prefault({}),
})

const grantRequest = requestDeclaration.extend({
  response: tokenResponseDeclaration.optional().describe('Where this reply differs from token.response.'),
})

const followUp = requestDeclaration.extend({
  name,
  response: tokenResponseDeclaration.prefault({}),
  gives_token: z.boolean().describe('Whether its reply carries the access token that replaces the one before.'),
})

const api = z.strictObject({
  base_url: text.optional(),
  token: z
    .union([
      z.strictObject({ header: text.default('authorization'), prefix: z.string().default('Bearer ') }),
      z.strictObject({ query: text }),
    ])
    .prefault({})
    .describe('Where API requests carry the access token.'),
  token_name: name.optional().describe('Which of token.response.tokens they carry instead of the first.'),
  headers: requestDeclaration.shape.headers,
  test: z
    .strictObject({
      method: z.enum(['GET', 'POST']).default('GET'),
      path: z.string().regex(/^\/[^{}#]*$/, 'must begin with a slash and hold no placeholders'),
      body: z.json().optional(),
    })
    .optional()
    .describe('A harmless call that proves the credentials.'),
  expired: z
    .strictObject({
      statuses: z.array(z.int().min(200).max(599)).default([401]),
      error_codes: z.array(text).default([]).describe('As text, wherever in its body the API puts them.'),
    })
    .prefault({})
    .describe('How the API says that an access token has expired.'),
  retry: z
    .strictObject({
      statuses: z.array(z.int().min(400).max(599)).default([429]),
      after_header: text.optional(),
      reset_header: text.optional(),
      remaining_header: text.optional(),
    })
    .prefault({}),
})

export const providerDeclaration = z.strictObject({
  $schema: text.optional(),
  provider: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case words joined by hyphens'),
  alias_of: text
    .optional()
    .describe('Another declaration: everything is inherited from it; what stands here is merged over it.'),
  title: text.optional(),
  documentation_url: z.url().optional(),
  config: z.record(name, configField).default({}),
  hosts: z
    .array(z.string().regex(/^\.?[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be a host, or a suffix with a leading dot'))
    .default([])
    .describe(
      'Hosts that a config field or a response may name as a whole: login.example.com, or .example.com for all below.',
    ),
  issuer: text
    .optional()
    .describe(
      'Issuer identifier (RFC 8414): its metadata is discovered, and names the endpoints that are left out here.',
    ),
  endpoints: z
    .partialRecord(z.enum(FURTHER_ENDPOINTS), z.url())
    .default({})
    .describe('Endpoints that no other word names, where no metadata does.'),
  resource: z.array(z.url()).default([]).describe('Resource indicators (RFC 8707) of every request.'),
  dpop: z
    .enum(['never', 'when_offered', 'required'])
    .optional()
    .describe('Whether tokens are bound to a key (RFC 9449). Whoever calls the API must then have the key.'),
  scopes: z
    .strictObject({
      ...scopeList.shape,
      further: z.record(name, scopeList).default({}),
      meanings: z
        .record(text, text)
        .default({})
        .describe('What a scope allows, in words for the person who chooses: See your orders.'),
      incremental: z
        .boolean()
        .default(false)
        .describe('Whether a new consent keeps the scopes of earlier ones, so that only missing ones are asked for.'),
    })
    .prefault({})
    .describe('Templates read the joined list as {{scope}}, and further ones by their names.'),
  oauth1: oauth1Declaration
    .omit({ provider: true })
    .optional()
    .describe('OAuth 1.0a (RFC 5849) instead of all grants; of the other words only api goes with it.'),
  authorization: authorization.optional(),
  token: grantRequest.prefault({}).describe('What all requests to the token endpoint have in common.'),
  grants: z
    .strictObject({
      authorization_code: grantRequest
        .extend({ follow_up: z.array(followUp).default([]).describe('Requests after the code exchange, in turn.') })
        .optional(),
      refresh_token: grantRequest
        .extend({
          uses: z
            .enum(['refresh_token', 'access_token'])
            .default('refresh_token')
            .describe('The token that buys the next access token.'),
        })
        .optional(),
      client_credentials: grantRequest.optional(),
      jwt_bearer: grantRequest
        .extend({ assertion: assertionDeclaration.prefault({}) })
        .optional()
        .describe('A token for an assertion that the client signs (RFC 7523 §2.1): service accounts, installed apps.'),
      password: grantRequest
        .optional()
        .describe('Resource owner password credentials (RFC 6749 §4.3), where the provider offers nothing better.'),
    })
    .prefault({})
    .describe('The grants that the provider has; {} where nothing differs from token.'),
  account: z
    .array(name)
    .default([])
    .describe('Captures that together identify the account, so that a repair by another one is noticed.'),
  refresh_tokens: refreshTokens.prefault({}),
  revocation: requestDeclaration
    .extend({
      token: z
        .enum(['access_token', 'refresh_token'])
        .default('refresh_token')
        .describe('Whose revocation ends the grant.'),
      ends: z
        .enum(['grant', 'account'])
        .default('account')
        .describe(
          'What a revocation ends: the tokens of one consent, or all that the account ever allowed the client. Tokens ' +
            'that were refused are revoked only where that ends nothing else.',
        ),
    })
    .optional()
    .describe('RFC 7009 unless declared otherwise.'),
  introspection: requestDeclaration
    .extend({ expires_at: jsonPointer.default('/exp'), interval_seconds: seconds.default(300) })
    .optional()
    .describe('RFC 7662, asked for the expiry because token responses do not tell it.'),
  api: api.optional(),
})

/** A provider declaration with its defaults filled in. */
export type ProviderDeclaration = z.output<typeof providerDeclaration>
