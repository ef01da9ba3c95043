import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { CliError } from '../cli-error.ts'
import type { ReportOptions } from '../output/output-options.ts'
import { report } from '../output/report.ts'
import type { Terminal } from '../terminal.ts'

const TEMPLATES = new URL('../../templates/', import.meta.url)
export const TEMPLATE_PROTOCOLS = ['flow', 'airbyte', 'singer', 'devlake', 'tightlock', 'environment'] as const

export interface NewConnectorOptions extends ReportOptions {
  directory: string
  protocol: string
  name: string | undefined
}

/** Writes a connector that runs and passes `connector test` as it is. Existing files are never overwritten. */
export async function writeConnector(options: NewConnectorOptions, terminal: Terminal): Promise<void> {
  const { directory, protocol, name } = options
  const known = TEMPLATE_PROTOCOLS.find((template) => template === protocol)
  if (known === undefined) {
    throw new CliError('usage', `There is no protocol ${protocol}.`, {
      next_action: `Give --protocol one of ${TEMPLATE_PROTOCOLS.join(', ')}.`,
    })
  }
  const target = resolve(directory)
  const fullName = nameOf(name, target)
  await mkdir(target, { recursive: true })
  if ((await readdir(target)).length > 0) {
    throw new CliError('usage', `${directory} is not empty.`, {
      next_action: 'Name a directory that does not exist yet.',
    })
  }
  const template = new URL(`${known}/`, TEMPLATES)
  const files = await readdir(template)
  for (const file of files) {
    const text = (await readFile(new URL(file, template), 'utf8'))
      .replaceAll('__NAME__', fullName)
      .replaceAll('__TITLE__', titleOf(fullName))
    await writeFile(join(target, file), text, { flag: 'wx' })
    terminal.note(`  ${terminal.paint('green', '+')} ${join(directory, file)}`)
  }
  const next = `\nTry it:\n  sluice connector test --source ${join(directory, 'flow.yaml')}`
  await report({ name: fullName, protocol: known, directory: target, files }, next, options, terminal)
}

function nameOf(name: string | undefined, target: string): string {
  const given = name ?? `acme/${target.split('/').at(-1)}`
  if (/^[a-z0-9][\w.-]*(\/[a-z0-9][\w.-]*)+$/i.test(given)) return given
  throw new CliError('usage', `${given} cannot be a connector’s name.`, {
    next_action: 'Give --name acme/source-crm: letters, digits, dots, dashes, and at least one slash.',
  })
}

function titleOf(name: string): string {
  const words = (name.split('/').at(-1) ?? name).replaceAll(/[._-]+/g, ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
