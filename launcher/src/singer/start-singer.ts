import { isDeepStrictEqual } from 'node:util'
import { isJsonObject, type JsonObject } from '@sluice/connector-specs'
import { harvestConfig } from '../harvest-config.ts'
import type { Launch } from '../launch.ts'
import { type Run, type RunListener, startRun } from '../run.ts'
import { readSingerStderrLine } from './read-stderr-line.ts'

const CONFIG = 'config.json'

export interface SingerInput {
  config: JsonObject
  /** Given by `--catalog`, or `--properties` where the launch says so. */
  catalog?: JsonObject
  state?: JsonObject | null
  discover?: boolean
}

/**
 * Starts a tap or target. Its config is a private, writable, regular file, because the specification has it write
 * rotated tokens back into it; what it wrote is harvested after every exit.
 */
export async function startSinger(launch: Launch, input: SingerInput, listener: RunListener = {}): Promise<Run> {
  const { config, catalog, state, discover } = input
  const files: [option: string, name: string, content: string][] = [['config', CONFIG, JSON.stringify(config)]]
  if (catalog) files.push([launch.catalog_argument ?? 'catalog', 'catalog.json', JSON.stringify(catalog)])
  if (state) files.push(['state', 'state.json', JSON.stringify(state)])
  return await startRun(launch, {
    listener,
    readStderrLine: readSingerStderrLine,
    files: {
      contents: (directory) =>
        Object.fromEntries([
          ...files.map(([, name, content]) => [name, content]),
          [CONFIG, JSON.stringify(withLocalBatches(config, directory))],
        ]),
      arguments: (directory) => [
        ...files.flatMap(([option, name]) => [`--${option}`, `${directory}/${name}`]),
        ...(discover ? ['--discover'] : []),
      ],
      harvest: [CONFIG],
    },
    onHarvest: (run, _name, content) => harvest(run, launch, config, content),
  })
}

/** Batches that a tap keeps in local files belong into its private directory, where alone they are read. */
function withLocalBatches(config: JsonObject, directory: string): JsonObject {
  const { batch_config } = config
  if (!isJsonObject(batch_config)) return config
  const storage = isJsonObject(batch_config.storage) ? batch_config.storage : {}
  if (typeof storage.root === 'string' && !storage.root.startsWith('file://')) return config
  return { ...config, batch_config: { ...batch_config, storage: { ...storage, root: `file://${directory}` } } }
}

function harvest(run: Pick<Run, 'log' | 'rotated'>, launch: Launch, config: JsonObject, content: Buffer | null): void {
  const rewritten = parse(content)
  if (rewritten === null) {
    run.log('error', 'The connector left no readable config file; tokens that it rotated are lost with it.')
    return
  }
  // With a lease, the file may have been rewritten by us.
  const current = launch.lease?.config().reveal() ?? config
  if (isDeepStrictEqual(rewritten, config) || isDeepStrictEqual(rewritten, current)) return
  const { config_schema, mapped = [], secrets } = launch
  const harvested = harvestConfig(current, rewritten, { ...(config_schema && { config_schema }), mapped, secrets })
  for (const pointer of harvested.refused)
    run.log('warn', `The rewritten ${pointer} breaks the config schema and was left.`)
  if (harvested.taken.length > 0) run.rotated(harvested.config)
}

function parse(content: Buffer | null): JsonObject | null {
  try {
    const value: unknown = JSON.parse(content?.toString('utf8') ?? '')
    return isJsonObject(value) ? value : null
  } catch {
    return null
  }
}
