// An OAuth spec of somebody else in the form in which we keep it: what counts, in one spelling, and nothing that is never
// read.
import { isDeepStrictEqual } from 'node:util'
import {
  compileAirbytePlan,
  compileFlowPlan,
  compileProvider,
  type JsonObject,
  type JsonValue,
  parseFlowSpec,
  type UrlPolicy,
} from '@sluice/oauth'
import type { FoundOAuthSpec } from './find-oauth-specs.ts'
import { isJsonObject } from './json-object.ts'
import { escapeToken } from './json-pointer.ts'
import { OAUTH_SPEC_SUFFIX } from './oauth-spec-file.ts'

export interface ImportedField {
  /** From the root of the imported spec, as its author spelled it. */
  pointer: string
  outcome: 'taken' | 'dropped'
  /** Why, as the rest of a sentence; what it is called now where that differs. */
  reason: string
}

export interface ImportedSpec {
  spec: JsonObject
  fields: ImportedField[]
  /** What its file is called. */
  file: string
}

/**
 * @param name the connector's, for a spec that names no provider
 * @throws OAuthError `invalid_spec` when it cannot be used at all
 */
export function importOAuthSpec({ dialect, value }: FoundOAuthSpec, name: string): ImportedSpec {
  if (dialect === 'flow') return importFlow(value)
  if (dialect === 'airbyte') return importAirbyte(value, name)
  return importDeclaration(value)
}

/** Whether both make the same authorizations: they compile to one plan. @throws OAuthError `invalid_spec` */
export function isSameAuthorization(one: FoundOAuthSpec, other: FoundOAuthSpec, policy: Partial<UrlPolicy>): boolean {
  return isDeepStrictEqual(plainPlan(one, policy), plainPlan(other, policy))
}

/** Where something was written, and what was left unread, are no part of what is done. */
function plainPlan({ dialect, value }: FoundOAuthSpec, policy: Partial<UrlPolicy>): unknown {
  const compile = { flow: compileFlowPlan, airbyte: compileAirbytePlan, declaration: compileProvider }[dialect]
  const text = JSON.stringify(compile(value, policy), (key, part: unknown) => {
    if (key === 'warnings' || key === 'pointer') return undefined
    return part instanceof Set || part instanceof Map ? [...part] : part
  })
  return JSON.parse(text ?? 'null')
}

function importFlow(value: JsonObject): ImportedSpec {
  const parsed = parseFlowSpec(value)
  // What is wrong is told by the compiler, with all that it finds.
  if (parsed.spec === null) compileFlowPlan(value)
  const canonical: Record<string, unknown> = { ...parsed.spec, 'x-sluice': value['x-sluice'] }
  const spec: JsonObject = {}
  const fields: ImportedField[] = []
  const named = new Set<string>()
  for (const [field, read] of Object.entries(canonical)) {
    const pointer = parsed.pointerTo(field as Parameters<typeof parsed.pointerTo>[0])
    const written = value[pointer.slice(1)]
    if (written === undefined) continue
    named.add(pointer.slice(1))
    if (isEmpty(written)) {
      fields.push({ pointer, outcome: 'dropped', reason: 'is empty, as if it were not there' })
    } else if (field.endsWith('Method') && read === 'POST') {
      fields.push({ pointer, outcome: 'dropped', reason: 'is POST, as it is anyway' })
    } else {
      spec[field] = read as JsonValue // read from JSON
      fields.push({ pointer, outcome: 'taken', reason: pointer === `/${field}` ? 'as it is' : `as ${field}` })
    }
  }
  fields.push(...droppedOf(value, named, 'is no field of Flow’s OAuth object; nothing reads it'))
  return { spec, fields, file: `${fileName(String(spec.provider))}${OAUTH_SPEC_SUFFIX}` }
}

const AIRBYTE_OAUTH = ['advanced_auth', 'authSpecification', 'auth_specification']
const SCHEMAS = ['connectionSpecification', 'connection_specification']

function importAirbyte(value: JsonObject, name: string): ImportedSpec {
  // The newest generation goes before the others; the oldest needs the schema to know its arm of the config.
  const isNew = isJsonObject(value.advanced_auth)
  const taken = isNew ? ['advanced_auth'] : [...AIRBYTE_OAUTH, ...SCHEMAS]
  const used = Object.keys(value).filter((key) => taken.includes(key))
  const reasons: Record<string, string> = {
    ...Object.fromEntries(AIRBYTE_OAUTH.map((key) => [key, 'is of an older generation; advanced_auth goes before it'])),
    ...Object.fromEntries(SCHEMAS.map((key) => [key, 'is the connector’s own to tell'])),
  }
  const fields = Object.keys(value).map((key): ImportedField => {
    const pointer = `/${escapeToken(key)}`
    if (!used.includes(key)) return { pointer, outcome: 'dropped', reason: reasons[key] ?? 'says nothing of OAuth' }
    const reason = SCHEMAS.includes(key) ? 'because authSpecification points into it' : 'as it is'
    return { pointer, outcome: 'taken', reason }
  })
  const spec = Object.fromEntries(used.map((key) => [key, value[key] ?? null]))
  return { spec, fields, file: `${fileName(name)}${OAUTH_SPEC_SUFFIX}` }
}

function importDeclaration(value: JsonObject): ImportedSpec {
  compileProvider(value, { allow_loopback: true })
  const { alias_of, $schema, ...spec } = value
  const fields = Object.keys(spec).map(
    (key): ImportedField => ({ pointer: `/${escapeToken(key)}`, outcome: 'taken', reason: 'as it is' }),
  )
  if (alias_of !== undefined) {
    fields.push({ pointer: '/alias_of', outcome: 'dropped', reason: 'what it inherits is written out' })
  }
  if ($schema !== undefined) fields.push({ pointer: '/$schema', outcome: 'dropped', reason: 'is for editors' })
  return { spec, fields, file: `${fileName(String(value.provider))}.yaml` }
}

function droppedOf(value: JsonObject, named: ReadonlySet<string>, reason: string): ImportedField[] {
  return Object.keys(value)
    .filter((key) => !named.has(key))
    .map((key) => ({ pointer: `/${escapeToken(key)}`, outcome: 'dropped', reason }))
}

function isEmpty(value: JsonValue): boolean {
  return value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0)
}

/** A spec’s words do not choose where a file is written. */
function fileName(name: string): string {
  return (
    name
      .split('/')
      .at(-1)
      ?.replaceAll(/[^\w-]/g, '_') || 'provider'
  )
}
