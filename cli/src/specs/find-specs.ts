// The OAuth specs to import: of a file, of the files of a directory, or of a connector that is asked.
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import {
  type FoundOAuthSpec,
  findOAuthSpecs,
  isJsonObject,
  NO_OAUTH_SPEC,
  parseYaml,
  readDeclaration,
  SpecError,
} from '@sluice/connector-specs'
import { protocolOf } from '@sluice/launcher'
import { CliError } from '../cli-error.ts'
import { launchOf, openTask } from '../connector/open-task.ts'
import type { Terminal } from '../terminal.ts'

export interface SpecToImport {
  /** The file that it stands in, or the flow.yaml of its connector. */
  from: string
  /** What to call it where it names no provider. */
  name: string
  found: FoundOAuthSpec
}

/** @throws SpecError for a file without a spec; in a directory such files are passed over, and told */
export async function specsOfPath(path: string, terminal: Terminal): Promise<SpecToImport[]> {
  const known = await stat(path).catch((cause: unknown) => {
    throw new CliError('source', `${path} cannot be read.`, { next_action: 'Name a file or a directory.', cause })
  })
  if (!known.isDirectory()) return await specsOfFile(path)
  const names = (await readdir(path)).filter((name) => /^[^.].*\.(ya?ml|json)$/.test(name)).sort()
  const specs: SpecToImport[] = []
  for (const name of names) {
    try {
      specs.push(...(await specsOfFile(join(path, name))))
    } catch (error) {
      if (!(error instanceof SpecError && error.message.includes(NO_OAUTH_SPEC))) throw error
      terminal.note(`${join(path, name)} holds no OAuth spec.`)
    }
  }
  if (specs.length > 0) return specs
  throw new CliError('source', `No file of ${path} holds an OAuth spec.`, {
    next_action: 'Specs are in files that end with .yaml, .yml or .json.',
  })
}

async function specsOfFile(path: string): Promise<SpecToImport[]> {
  const text = await readFile(path, 'utf8')
  const { value } = parseYaml(path, text)
  const is_alias = isJsonObject(value) && typeof value.alias_of === 'string' && value.provider !== undefined
  const found = findOAuthSpecs(is_alias ? { ...(await readDeclaration(path)), alias_of: value.alias_of } : value)
  if (found.length === 0) throw new SpecError('invalid_connector_spec', NO_OAUTH_SPEC, { place: path })
  const name = basename(path).replace(/(\.spec|\.oauth)?\.(ya?ml|json)$/, '')
  return found.map((spec, index) => ({ from: path, name: index === 0 ? name : `${name}-${index + 1}`, found: spec }))
}

/** @throws CliError `connector` when its spec has no OAuth */
export async function specOfConnector(
  choice: { source: string; task?: string | undefined },
  terminal: Terminal,
): Promise<SpecToImport[]> {
  const task = await openTask({ ...choice, secrets: null }, terminal, { with_config: false })
  const { oauth2, airbyte } = await protocolOf(task.protocol).spec(launchOf(task, terminal, []))
  const [found] = findOAuthSpecs(airbyte ?? oauth2)
  if (found !== undefined) return [{ from: choice.source, name: task.name, found }]
  throw new CliError('connector', `The spec of ${task.name} has no OAuth to import.`, {
    next_action: 'Name a provider declaration by `provider` in the flow.yaml.',
  })
}
