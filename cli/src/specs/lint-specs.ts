import { type LintedFile, type LocatedFinding, lint, lintFile, toSarif } from '@sluice/connector-specs'
import { CliError } from '../cli-error.ts'
import { printable, printableJson } from '../printable.ts'
import type { Style, Terminal } from '../terminal.ts'
import { VERSION } from '../version.ts'

interface LintOptions {
  files: string[]
  json: boolean
  sarif: boolean
  strict: boolean
  quiet: boolean
  allowLoopback: boolean
}

/**
 * Prints what the linter finds, in the order of the files.
 *
 * @throws CliError `connector` when there are errors (or, if strict, warnings); SpecError for a file that cannot be read.
 */
export async function lintSpecs(options: LintOptions, terminal: Terminal): Promise<void> {
  if (options.json && options.sarif) {
    throw new CliError('usage', '--json and --sarif are two formats.', { next_action: 'Give one of the two.' })
  }
  const policy = { allow_loopback: options.allowLoopback }
  const files: LintedFile[] = []
  for (const path of options.files) {
    if (path === '-')
      files.push({ path: 'stdin', findings: lint(await terminal.readInput(), { ...policy, path: 'stdin' }) })
    else files.push(await lintFile(path, policy))
  }
  if (options.sarif) await terminal.print(printableJson(toSarif(files, VERSION)))
  else for (const file of files) await printFindings(file, options, terminal)

  conclude(files, options.strict, terminal)
}

type Printing = Pick<LintOptions, 'json' | 'quiet'>

async function printFindings({ path, findings }: LintedFile, { json, quiet }: Printing, terminal: Terminal) {
  for (const finding of findings) {
    if (quiet && finding.severity === 'note') continue
    await terminal.print(json ? printableJson(asRecord(path, finding)) : asText(path, finding))
  }
}

function asRecord(path: string, { region, ...finding }: LocatedFinding): Record<string, unknown> {
  const { severity, rule, pointer, message, mend } = finding
  return {
    file: path,
    line: region?.line ?? null,
    column: region?.column ?? null,
    severity,
    rule,
    pointer,
    message,
    mend,
  }
}

function asText(path: string, { severity, rule, pointer, message, mend, region }: LocatedFinding): string {
  const place = region === null ? path : `${path}:${region.line}:${region.column}`
  const subject = pointer === '' ? 'the spec' : pointer
  return `${printable(`${place}: ${severity}: ${subject} ${message} [${rule}]`)}\n  ${mend}`
}

function conclude(files: LintedFile[], strict: boolean, terminal: Terminal): void {
  const findings = files.flatMap((file) => file.findings)
  const count = (severity: LocatedFinding['severity'], one: string) => {
    const number = findings.filter((finding) => finding.severity === severity).length
    return number === 0 ? [] : [`${number} ${one}${number === 1 ? '' : 's'}`]
  }
  const [errors, warnings] = [count('error', 'error'), count('warning', 'warning')]
  const summary = [...errors, ...warnings, ...count('note', 'note')].join(', ')
  if (errors.length > 0 || (strict && warnings.length > 0)) {
    throw new CliError('connector', `The linter found ${summary}.`, { next_action: 'Mend what is listed above.' })
  }
  const style: Style = warnings.length > 0 ? 'yellow' : 'green'
  terminal.note(terminal.paint(style, summary === '' ? 'Nothing to mend.' : `${summary}.`))
}
