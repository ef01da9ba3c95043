// SARIF 2.1.0, the format in which code hosts and editors take findings (OASIS; sections in brackets).
import { isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type JsonObject, LINT_RULES, type LintRuleId } from '@sluice/oauth'
import type { LintedFile, LocatedFinding } from './lint.ts'

const RULE_IDS = Object.keys(LINT_RULES) as LintRuleId[]

/** All findings of one run of the linter as a SARIF log, every rule described. */
export function toSarif(files: readonly LintedFile[], version: string): JsonObject {
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'sluice', semanticVersion: version, rules: RULE_IDS.map(describeRule) } },
        columnKind: 'utf16CodeUnits',
        results: files.flatMap(({ path, findings }) => findings.map((finding) => toResult(path, finding))),
      },
    ],
  }
}

function describeRule(id: LintRuleId): JsonObject {
  const { severity, description, mend } = LINT_RULES[id]
  return {
    id,
    shortDescription: { text: literal(description) },
    help: { text: literal(mend) },
    defaultConfiguration: { level: severity },
  }
}

function toResult(path: string, { rule, severity, pointer, message, mend, region }: LocatedFinding): JsonObject {
  const where = pointer === '' ? 'The spec' : pointer
  const location = {
    physicalLocation: {
      artifactLocation: { uri: uriOf(path) },
      ...(region && {
        region: {
          startLine: region.line,
          startColumn: region.column,
          endLine: region.end_line,
          endColumn: region.end_column,
        },
      }),
    },
    logicalLocations: [{ fullyQualifiedName: pointer }],
  }
  return {
    ruleId: rule,
    ruleIndex: RULE_IDS.indexOf(rule),
    level: severity,
    message: { text: literal(`${where} ${message}. ${mend}`) },
    locations: [location],
  }
}

/** In message strings braces stand for placeholders unless they are doubled (§3.11.5). */
function literal(text: string): string {
  return text.replace(/[{}]/g, '$&$&')
}

/** A relative reference stays relative, so that a code host finds the file in the repository (§3.4.3). */
function uriOf(path: string): string {
  if (isAbsolute(path)) return pathToFileURL(path).href
  return path.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/')
}
