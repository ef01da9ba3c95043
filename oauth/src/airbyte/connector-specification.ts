import { z } from 'zod'
import type { SpecFinding } from '../errors.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import { formatJsonPointer } from '../json-pointer.ts'

// Characters and entries. Specs come from connectors that we do not control.
const MAX_TEMPLATE = 65_536
const MAX_TEXT = 8192
const MAX_ENTRIES = 256
const MAX_STEPS = 64

const text = z.string().max(MAX_TEXT)
const template = z.string().trim().min(1).max(MAX_TEMPLATE)
const parameterName = text.min(1).optional()

/** A path into the connector's config or the provider's reply; never one that could reach a prototype. */
const path = z
  .array(z.union([text.min(1), z.number().int().nonnegative()]).transform(String))
  .min(1)
  .max(MAX_STEPS)
  .refine((steps) => !steps.includes('__proto__'), 'must not contain __proto__')

const record = <T extends z.ZodType>(value: T) =>
  z
    .record(z.string(), value)
    .nullish()
    .transform((entries) => entries ?? {})
    .refine((entries) => Object.keys(entries).length <= MAX_ENTRIES, `at most ${MAX_ENTRIES} entries`)

const required = z
  .array(text)
  .nullish()
  .transform((names) => names ?? [])

/** A JSON schema whose properties also say where their values go. */
const schemaOf = <T extends z.ZodType>(property: T) =>
  z
    .looseObject({ properties: record(property), required })
    .nullish()
    .transform((schema) => schema ?? { properties: {}, required: [] })

const type = z.union([text, z.array(text)]).nullish()
const configured = z.looseObject({ type, path_in_connector_config: path })
const produced = z.looseObject({ type, path_in_connector_config: path, path_in_oauth_response: path.nullish() })

const scalarText = z.union([text, z.number(), z.boolean()]).transform(String)
const scopes = z
  .array(z.looseObject({ scope: text.min(1) }))
  .max(MAX_ENTRIES)
  .optional()

/** Lengths of the `state` that the provider accepts (RFC 6749 §10.10 wants at least 128 random bits). */
const stateLength = z
  .looseObject({ min: z.number().int().min(1).max(512).optional(), max: z.number().int().min(1).max(512).optional() })
  .refine(({ min, max }) => min === undefined || max === undefined || min <= max, 'min must not exceed max')

/** Declarative OAuth; unknown fields may be read by the templates. */
const connectorInput = z.looseObject({
  consent_url: template,
  access_token_url: template,
  access_token_headers: record(scalarText),
  access_token_params: record(scalarText),
  extract_output: z.array(text.min(1)).max(MAX_ENTRIES).optional(),
  scope: text.optional(),
  scopes,
  optional_scopes: scopes,
  scopes_join_strategy: z.enum(['space', 'comma', 'plus']).default('space'),
  state: stateLength.optional(),
  client_id_key: parameterName,
  client_secret_key: parameterName,
  scope_key: parameterName,
  state_key: parameterName,
  auth_code_key: parameterName,
  redirect_uri_key: parameterName,
  token_expiry_key: parameterName,
})

const oauthConfig = z.looseObject({
  oauth_user_input_from_connector_config_specification: schemaOf(configured),
  oauth_connector_input_specification: z.looseObject({}).nullish(),
  complete_oauth_output_specification: schemaOf(produced),
  complete_oauth_server_input_specification: schemaOf(z.looseObject({})),
  complete_oauth_server_output_specification: schemaOf(configured),
})

const advancedAuth = z.looseObject({
  auth_flow_type: z.enum(['oauth2.0', 'oauth1.0']).default('oauth2.0'),
  predicate_key: path.nullish(),
  predicate_value: z.json().nullish(),
  oauth_config_specification: oauthConfig,
})

// The oldest form points into `rootObject` of the config; a number there names an arm of a oneOf.
const pointers = z.array(path).max(MAX_ENTRIES).default([])
const authSpecification = z.looseObject({
  auth_type: z.literal('oauth2.0').default('oauth2.0'),
  oauth2Specification: z.looseObject({
    rootObject: z
      .array(z.union([text.min(1), z.number().int().nonnegative()]))
      .max(MAX_STEPS)
      .refine((steps) => !steps.includes('__proto__'), 'must not contain __proto__')
      .default([]),
    oauthFlowInitParameters: pointers,
    oauthFlowOutputParameters: pointers,
  }),
})

export type ConnectorInput = z.infer<typeof connectorInput>
export type AdvancedAuth = z.infer<typeof advancedAuth>
export type AuthSpecification = z.infer<typeof authSpecification>

/** A part of the specification that was read, and the pointer to it as its author spelled it. */
export interface Located<T> {
  value: T
  pointer: string
}

export interface ParsedConnectorSpecification {
  advanced_auth: Located<AdvancedAuth> | null
  connector_input: Located<ConnectorInput> | null
  auth_specification: Located<AuthSpecification> | null
  connection_specification: JsonObject
  findings: SpecFinding[]
}

/**
 * Reads what a ConnectorSpecification says of OAuth, in the protocol's spelling or a manifest's (`connection_specification`),
 * and reports everything that is wrong with it at once.
 */
export function parseConnectorSpecification(input: unknown): ParsedConnectorSpecification {
  const findings: SpecFinding[] = []
  const spec = isJsonObject(input) ? input : {}
  if (!isJsonObject(input)) findings.push({ pointer: '', rule: 'invalid_type', message: 'must be an object' })

  const read = <T>(schema: z.ZodType<T>, value: unknown, steps: string[]): Located<T> | null => {
    if (value === undefined || value === null) return null
    const parsed = schema.safeParse(value)
    for (const issue of parsed.error?.issues ?? []) {
      const pointer = formatJsonPointer([...steps, ...issue.path])
      findings.push({ pointer, rule: issue.code, message: issue.message })
    }
    return parsed.success ? { value: parsed.data, pointer: formatJsonPointer(steps) } : null
  }

  const advanced_auth = read(advancedAuth, spec.advanced_auth, ['advanced_auth'])
  // Read from the raw object, so that its slips are reported beside those around it.
  const config = isJsonObject(spec.advanced_auth) ? spec.advanced_auth.oauth_config_specification : null
  const written = isJsonObject(config) ? config.oauth_connector_input_specification : null
  const steps = ['advanced_auth', 'oauth_config_specification', 'oauth_connector_input_specification']
  // The protocol's examples wrap the fields as if they were a schema's properties.
  const connector_input =
    isJsonObject(written) && isJsonObject(written.properties) && written.consent_url === undefined
      ? read(connectorInput, written.properties, [...steps, 'properties'])
      : read(connectorInput, isJsonObject(written) ? written : null, steps)

  const old = ['authSpecification', 'auth_specification'].find((name) => Object.hasOwn(spec, name)) ?? ''
  const schema = spec.connectionSpecification ?? spec.connection_specification
  return {
    advanced_auth,
    connector_input,
    auth_specification: read(authSpecification, spec[old], [old]),
    connection_specification: isJsonObject(schema) ? schema : {},
    findings,
  }
}
