// The linter of OAuth specs, with places in the text that they were written in.
import { readFile } from 'node:fs/promises'
import { type JsonObject, type LintFinding, lintFlowSpec, type UrlPolicy } from '@sluice/oauth'
import { isJsonObject } from './json-object.ts'
import { escapeToken, parsePointer } from './json-pointer.ts'
import { SpecError } from './spec-error.ts'
import { parseYaml, type TextRegion } from './yaml-document.ts'

/** A finding whose pointer leads from the root of the file, and where in the text that is. */
export interface LocatedFinding extends LintFinding {
  /** Null when the spec was given as an object. */
  region: TextRegion | null
}

export interface LintedFile {
  path: string
  findings: LocatedFinding[]
}

/** Fields by which an OAuth spec is known, whatever else it lacks. */
const SPEC_FIELDS = [
  'provider',
  'authUrlTemplate',
  'auth_url_template',
  'accessTokenUrlTemplate',
  'access_token_url_template',
]

/**
 * Lints Flow OAuth specs: the OAuth object itself, or what holds it as `oauth2` (a connector's spec, with or without its
 * `spec` envelope, one or a list of them as snapshots have it). Text is YAML or JSON, and its findings come with lines.
 *
 * @throws SpecError `invalid_yaml`, or `invalid_connector_spec` when there is no OAuth spec in it.
 */
export function lint(
  spec: string | JsonObject,
  { path = 'spec', ...policy }: Partial<UrlPolicy> & { path?: string } = {},
): LocatedFinding[] {
  const document = typeof spec === 'string' ? parseYaml(path, spec) : null
  const root = document === null ? spec : document.value
  const specs = findSpecs(root, '')
  if (specs.length === 0) {
    const sentence =
      'There is no OAuth spec in it. Give an object with authUrlTemplate, or one that holds it as oauth2.'
    throw new SpecError('invalid_connector_spec', sentence, { place: document === null ? null : path })
  }
  const findings = specs.flatMap(({ pointer, value }) =>
    lintFlowSpec(value, policy).map((finding) => {
      const whole = pointer + finding.pointer
      return { ...finding, pointer: whole, region: document?.regionOf(parsePointer(whole)) ?? null }
    }),
  )
  return findings.sort((a, b) => offset(a) - offset(b))
}

/** @throws SpecError as `lint` does, or `file_not_found`. */
export async function lintFile(path: string, policy: Partial<UrlPolicy> = {}): Promise<LintedFile> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new SpecError('file_not_found', 'This file cannot be read. Give the path of a YAML or JSON file.', {
      place: path,
      cause,
    })
  })
  return { path, findings: lint(text, { ...policy, path }) }
}

function findSpecs(value: unknown, pointer: string): { pointer: string; value: JsonObject }[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => findSpecs(item, `${pointer}/${index}`))
  if (!isJsonObject(value)) return []
  if (SPEC_FIELDS.some((field) => Object.hasOwn(value, field))) return [{ pointer, value }]
  return ['oauth2', 'spec'].flatMap((key) =>
    Object.hasOwn(value, key) ? findSpecs(value[key], `${pointer}/${escapeToken(key)}`) : [],
  )
}

/** In the order of the text; stable where there is none. */
function offset({ region }: LocatedFinding): number {
  return region === null ? 0 : region.line * 1e6 + region.column
}
