import { readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { JsonObject } from '@sluice/connector-specs'
import { ConnectorError } from '../connector-error.ts'
import type { Launch } from '../launch.ts'
import type { PrivateFiles } from '../run.ts'

export interface AirbyteInput {
  config?: JsonObject
  catalog?: JsonObject
  /** Null at first. */
  state?: JsonObject | JsonObject[] | null
}

/**
 * The arguments of an operation and the files that they name. Their names end in `.json`, because Faros' connectors
 * load them by `require()` and print the text of a file with another name.
 *
 * @throws ConnectorError `not_found` when the manifest cannot be read
 */
export async function airbyteFiles(operation: string, input: AirbyteInput, launch: Launch): Promise<PrivateFiles> {
  const contents = Object.fromEntries(
    Object.entries(input)
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => [`${name}.json`, JSON.stringify(value)]),
  )
  const options = Object.keys(contents).map((file) => [`--${file.replace('.json', '')}`, file] as const)
  if (launch.manifest !== undefined) {
    const file = `manifest${basename(launch.manifest).endsWith('.json') ? '.json' : '.yaml'}`
    contents[file] = await readManifest(launch)
    options.push(['--manifest-path', file])
  }
  return {
    contents: () => contents,
    arguments: (directory) => [operation, ...options.flatMap(([option, file]) => [option, join(directory, file)])],
  }
}

async function readManifest({ name, cwd, manifest = '' }: Launch): Promise<string> {
  try {
    return await readFile(resolve(cwd, manifest), 'utf8')
  } catch (cause) {
    const message = `The manifest ${manifest} of the connector ${name ?? ''} cannot be read from ${cwd}. Mend its path.`
    throw new ConnectorError('not_found', message, { cause })
  }
}
