import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type ImportedSpec, importOAuthSpec, isSameAuthorization, lint, parseYaml } from '@sluice/connector-specs'
import { stringify } from 'yaml'
import { CliError } from '../cli-error.ts'
import { tableLines } from '../output/table.ts'
import { printable, printableJson } from '../printable.ts'
import type { Terminal } from '../terminal.ts'
import { type SpecToImport, specOfConnector, specsOfPath } from './find-specs.ts'

interface ImportOptions {
  path: string | undefined
  source: string | undefined
  task: string | undefined
  output: string | undefined
  force: boolean
  allowLoopback: boolean
  json: boolean
  quiet: boolean
}

interface PlannedImport extends ImportedSpec {
  from: string
  pointer: string
  dialect: string
  /** Where it goes. */
  target: string
  text: string
  /** What the linter finds in it. */
  warnings: number
}

/**
 * Imports OAuth specs. Nothing is written unless all of them can be.
 *
 * @throws CliError `connector` for a spec that the linter refuses, `source` for files that are there already
 */
export async function importSpecs(options: ImportOptions, terminal: Terminal): Promise<void> {
  const { path, source, task, output } = options
  if ((path === undefined) === (source === undefined)) {
    throw new CliError('usage', 'Name a file or a directory, or a connector by --source.', {
      next_action: 'Give one of the two.',
    })
  }
  const specs =
    path !== undefined
      ? await specsOfPath(path, terminal)
      : await specOfConnector({ source: source ?? '', task }, terminal)
  const directory = output ?? (source === undefined ? '.' : dirname(source))
  const planned = specs.map((spec) => planImport(spec, directory, options))
  refuseOverwriting(planned, options)
  await mkdir(directory, { recursive: true })
  for (const { target, text } of planned) await writeFile(target, text, { flag: options.force ? 'w' : 'wx' })
  for (const one of planned) await tellImport(one, options, terminal)
}

function planImport(
  { from, name, found }: SpecToImport,
  directory: string,
  { allowLoopback }: ImportOptions,
): PlannedImport {
  const policy = { allow_loopback: allowLoopback }
  const imported = importOAuthSpec(found, name)
  const target = join(directory, imported.file)
  const text = `# Imported by \`sluice specs import\` from ${printable(basename(from))}.\n${stringify(imported.spec, { lineWidth: 0 })}`
  const findings = lint(text, { ...policy, path: target })
  const errors = findings.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) {
    throw new CliError('connector', `The linter refuses the spec of ${from}.`, {
      next_action: errors.map(({ pointer, message, mend }) => `${pointer} ${message}. ${mend}`).join('\n'),
    })
  }
  const written = { ...found, value: parseYaml(target, text).value as typeof found.value } // an object, as it was made of one
  if (!isSameAuthorization(found, written, policy)) {
    throw new CliError('unexpected', `What was made of ${from} would not authorize as the original does.`, {
      next_action: 'This is a fault of sluice. Please report it with the spec.',
    })
  }
  const { dialect, pointer } = found
  const warnings = findings.filter(({ severity }) => severity === 'warning').length
  return { ...imported, from, pointer, dialect, target, text, warnings }
}

function refuseOverwriting(planned: readonly PlannedImport[], { force }: ImportOptions): void {
  const targets = planned.map(({ target }) => target)
  const twice = targets.find((target, index) => targets.indexOf(target) !== index)
  if (twice !== undefined) {
    throw new CliError('source', `Two of the specs would be written to ${twice}.`, {
      next_action: 'Import them one by one, into directories of their own.',
    })
  }
  const there = force ? [] : targets.filter((target) => existsSync(target))
  if (there.length === 0) return
  throw new CliError('source', `${there.join(', ')} ${there.length === 1 ? 'is' : 'are'} there already.`, {
    next_action: 'Nothing was written. Add --force to replace, or --output for another directory.',
  })
}

async function tellImport(planned: PlannedImport, { json, quiet }: ImportOptions, terminal: Terminal): Promise<void> {
  const { from, pointer, dialect, target, fields, warnings } = planned
  if (quiet) return await terminal.print(printable(target))
  if (json) return await terminal.print(printableJson({ from, pointer, dialect, file: target, fields, warnings }))
  const columns = [
    { title: 'FIELD', of: (field: (typeof fields)[number]) => field.pointer },
    { title: 'OUTCOME', of: ({ outcome }: (typeof fields)[number]) => outcome },
    { title: 'WHY', of: ({ reason }: (typeof fields)[number]) => reason },
  ]
  for (const line of tableLines(columns, fields, terminal.paintData)) await terminal.print(line)
  const lints = warnings === 0 ? '' : ` The linter warns of ${warnings} places: sluice specs lint ${target}`
  terminal.note(
    `${terminal.paint('green', 'Written')} to ${printable(target)}, from ${printable(from + pointer)}.${lints}`,
  )
  terminal.note(terminal.paint('dim', `In endpoint.local of a flow.yaml: provider: ./${planned.file}`))
}
