import { z } from 'zod'
import type { SpecFinding } from './errors.ts'
import { isJsonObject, type JsonValue } from './json.ts'
import { formatJsonPointer } from './json-pointer.ts'
import type { DpopUse } from './plan.ts'
import { refreshPolicyOf, refreshTokens } from './provider/refresh-tokens-declaration.ts'
import type { RefreshPolicy } from './provider-behaviour.ts'

/** Estuary Flow's OAuth2 object (protobuf `flow.OAuth2`), defaults filled in. Foreign format: its own spelling. */
export interface FlowSpec {
  provider: string
  authUrlTemplate: string
  accessTokenUrlTemplate: string
  accessTokenMethod: string
  accessTokenBody: string
  accessTokenHeaders: Record<string, string>
  accessTokenResponseMap: Record<string, JsonValue>
  refreshTokenUrlTemplate: string
  refreshTokenMethod: string
  refreshTokenBody: string
  refreshTokenHeaders: Record<string, string>
  refreshTokenResponseMap: Record<string, JsonValue>
  /** Ours, beside Flow's fields: what metadata and standards there are for a provider. */
  'x-sluice': FlowExtension | null
}

export interface FlowExtension {
  /** Issuer identifier, with Flow's own tags where it depends on the config. */
  issuer: string | null
  /** RFC 8707. */
  resource: string[]
  dpop: DpopUse | null
  /** How refresh tokens live and die; null: not said. */
  refresh_tokens: RefreshPolicy | null
}

export type FlowField = keyof FlowSpec

export interface ParsedFlowSpec {
  /** Null when there are findings. */
  spec: FlowSpec | null
  findings: SpecFinding[]
  warnings: SpecFinding[]
  /** A pointer to a field in the spelling that the author used. */
  pointerTo(field: FlowField, ...steps: string[]): string
}

/** protobuf's names, which Go prints; camelCase is what its JSON mapping prints. */
const PROTOBUF_NAMES: Record<FlowField, string> = {
  provider: 'provider',
  authUrlTemplate: 'auth_url_template',
  accessTokenUrlTemplate: 'access_token_url_template',
  accessTokenMethod: 'access_token_method',
  accessTokenBody: 'access_token_body',
  accessTokenHeaders: 'access_token_headers_json_map',
  accessTokenResponseMap: 'access_token_response_json_map',
  refreshTokenUrlTemplate: 'refresh_token_url_template',
  refreshTokenMethod: 'refresh_token_method',
  refreshTokenBody: 'refresh_token_body',
  refreshTokenHeaders: 'refresh_token_headers_json_map',
  refreshTokenResponseMap: 'refresh_token_response_json_map',
  'x-sluice': 'x-sluice',
}
const FIELDS = Object.keys(PROTOBUF_NAMES) as FlowField[]

/** Characters. Specs come from connectors that we do not control. */
const MAX_TEMPLATE = 65_536
const MAX_HEADER = 8192
const MAX_ENTRIES = 256

// protobuf prints no empty strings and maps, and reads null as absent.
const required = z.string().trim().min(1).max(MAX_TEMPLATE)
const optional = z
  .string()
  .max(MAX_TEMPLATE)
  .nullish()
  .transform((text) => text ?? '')
const method = z
  .string()
  .nullish()
  .transform((text) => text?.toUpperCase() || 'POST')
  .pipe(z.enum(['POST', 'GET', 'PUT']))
const mapOf = <T extends z.ZodType>(value: T) =>
  z
    .record(z.string(), value)
    .nullish()
    .transform((map) => map ?? {})
    .refine((map) => Object.keys(map).length <= MAX_ENTRIES, `at most ${MAX_ENTRIES} entries`)
const headers = mapOf(z.union([z.string().max(MAX_HEADER), z.number(), z.boolean()]).transform(String))
const responseMap = mapOf(z.json())

const flowSpec = z.object({
  provider: required,
  authUrlTemplate: required,
  accessTokenUrlTemplate: required,
  accessTokenMethod: method,
  accessTokenBody: optional,
  accessTokenHeaders: headers,
  accessTokenResponseMap: responseMap,
  refreshTokenUrlTemplate: optional,
  refreshTokenMethod: method,
  refreshTokenBody: optional,
  refreshTokenHeaders: headers,
  refreshTokenResponseMap: responseMap,
  'x-sluice': z
    .strictObject({
      issuer: z.string().min(1).max(MAX_TEMPLATE).nullable().default(null),
      resource: z.array(z.url()).default([]),
      dpop: z.enum(['never', 'when_offered', 'required']).nullable().default(null),
      refresh_tokens: refreshTokens.transform(refreshPolicyOf).nullable().default(null),
    })
    .nullish()
    .transform((extension) => extension ?? null),
})

/** Reads a spec in either spelling and reports everything that is wrong with it at once. */
export function parseFlowSpec(input: unknown): ParsedFlowSpec {
  const written = isJsonObject(input) ? input : {}
  const findings: SpecFinding[] = []
  const warnings: SpecFinding[] = []
  const spelling = new Map<string, string>()
  const canonical: Record<string, unknown> = {}

  for (const field of FIELDS) {
    const spellings = [field, PROTOBUF_NAMES[field], PROTOBUF_NAMES[field].replace('_json_map', '_map')]
    const used = [...new Set(spellings)].filter((name) => Object.hasOwn(written, name))
    spelling.set(field, used[0] ?? field)
    if (used[0] !== undefined) canonical[field] = written[used[0]]
    for (const again of used.slice(1)) {
      findings.push({ pointer: formatJsonPointer([again]), rule: 'duplicate', message: `repeats ${used[0]}` })
    }
  }
  const known = new Set([...spelling.values(), ...findings.map(({ pointer }) => pointer.slice(1))])
  for (const name of Object.keys(written).filter((key) => !known.has(key))) {
    warnings.push({
      pointer: formatJsonPointer([name]),
      rule: 'unknown_field',
      message: 'is not a field of Flow OAuth specs',
    })
  }

  const pointerTo = (field: string, ...steps: PropertyKey[]) =>
    formatJsonPointer([spelling.get(field) ?? field, ...steps])
  const parsed = flowSpec.safeParse(isJsonObject(input) ? canonical : input)
  for (const issue of parsed.error?.issues ?? []) {
    const [field, ...steps] = issue.path
    const pointer = field === undefined ? '' : pointerTo(String(field), ...steps)
    const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined')
    const finding = missing ? ({ rule: 'field_missing', message: 'is missing' } as const) : invalidField(issue.message)
    findings.push({ pointer, ...finding })
  }
  return { spec: findings.length === 0 && parsed.success ? parsed.data : null, findings, warnings, pointerTo }
}

function invalidField(message: string): Omit<SpecFinding, 'pointer'> {
  return { rule: 'field_invalid', message: `cannot be used: ${message}` }
}
