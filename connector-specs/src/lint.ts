// The linter of OAuth specs, with places in the text that they were written in.
import { readFile } from 'node:fs/promises'
import {
  type JsonObject,
  type LintFinding,
  lintAirbyteSpec,
  lintFlowSpec,
  lintProviderDeclaration,
  type UrlPolicy,
} from '@sluice/oauth'
import { findOAuthSpecs, NO_OAUTH_SPEC, type OAuthDialect } from './find-oauth-specs.ts'
import { isJsonObject } from './json-object.ts'
import { parsePointer } from './json-pointer.ts'
import { readDeclaration } from './providers/load-provider.ts'
import { SpecError } from './spec-error.ts'
import { parseYaml, type TextRegion, type YamlDocument } from './yaml-document.ts'

/** A finding whose pointer leads from the root of the file, and where in the text that is. */
export interface LocatedFinding extends LintFinding {
  /** Null when the spec was given as an object. */
  region: TextRegion | null
}

export interface LintedFile {
  path: string
  findings: LocatedFinding[]
}

type Lint = (spec: unknown, policy: Partial<UrlPolicy>) => LintFinding[]

const LINTERS: Record<OAuthDialect, Lint> = {
  flow: lintFlowSpec,
  airbyte: lintAirbyteSpec,
  declaration: lintProviderDeclaration,
}

/**
 * Lints OAuth specs of every dialect: Flow's OAuth object itself, or what holds it as `oauth2`; an Airbyte
 * ConnectorSpecification or manifest; a provider declaration without alias. Envelopes (`spec`) and lists of them, as
 * snapshots have it, are looked into. Text is YAML or JSON, and its findings come with lines.
 *
 * @throws SpecError `invalid_yaml`, or `invalid_connector_spec` when there is no OAuth spec in it.
 */
export function lint(
  spec: string | JsonObject,
  { path = 'spec', ...policy }: Partial<UrlPolicy> & { path?: string } = {},
): LocatedFinding[] {
  const document = typeof spec === 'string' ? parseYaml(path, spec) : null
  return lintValue(document === null ? spec : document.value, document, { path, policy })
}

function lintValue(
  root: unknown,
  document: YamlDocument | null,
  { path, policy }: { path: string; policy: Partial<UrlPolicy> },
): LocatedFinding[] {
  const specs = findOAuthSpecs(root)
  if (specs.length === 0) {
    throw new SpecError('invalid_connector_spec', NO_OAUTH_SPEC, { place: document === null ? null : path })
  }
  const findings = specs.flatMap(({ pointer, value, dialect }) =>
    LINTERS[dialect](value, policy).map((finding) => {
      const whole = pointer + finding.pointer
      return { ...finding, pointer: whole, region: document?.regionOf(parsePointer(whole)) ?? null }
    }),
  )
  return findings.sort((a, b) => offset(a) - offset(b))
}

/** A provider declaration inherits from the file that its alias names. @throws SpecError as `lint` does, or `file_not_found` */
export async function lintFile(path: string, policy: Partial<UrlPolicy> = {}): Promise<LintedFile> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new SpecError('file_not_found', 'This file cannot be read. Give the path of a YAML or JSON file.', {
      place: path,
      cause,
    })
  })
  const document = parseYaml(path, text)
  const { value } = document
  const isAlias = isJsonObject(value) && typeof value.alias_of === 'string' && value.provider !== undefined
  const root = isAlias ? await readDeclaration(path) : value
  return { path, findings: lintValue(root, document, { path, policy }) }
}

/** In the order of the text; stable where there is none. */
function offset({ region }: LocatedFinding): number {
  return region === null ? 0 : region.line * 1e6 + region.column
}
