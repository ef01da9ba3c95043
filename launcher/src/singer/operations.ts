// Singer's operations in Flow's words (contracts/flow.md §5).
import { type ConnectorSpec, isJsonObject, type JsonObject } from '@sluice/connector-specs'
import { ConnectorError } from '../connector-error.ts'
import type { Launch } from '../launch.ts'
import type { DiscoveredBinding } from '../protocol/discovered-binding.ts'
import { inferSchema } from '../protocol/infer-schema.ts'
import type { CaptureRequest, ValidateRequest } from '../protocol/requests.ts'
import { startRun } from '../run.ts'
import { bindingOfEntry, RESOURCE_CONFIG_SCHEMA, RESOURCE_PATH_POINTERS, readCatalog, readEntry } from './catalog.ts'
import { read } from './read.ts'
import { readSingerStderrLine } from './read-stderr-line.ts'
import { startSinger } from './start-singer.ts'
import { wholeOutput } from './whole-output.ts'

/** The version of Flow's capture protocol whose words these are. */
const FLOW_PROTOCOL = 3032023

/** Asks by `--about`, which Meltano's SDK knows; of others the schema is inferred from the sample config. */
export async function spec(launch: Launch): Promise<ConnectorSpec> {
  const about = await askAbout(launch)
  const title = typeof about?.name === 'string' ? about.name : (launch.name ?? 'Singer')
  const settings = isJsonObject(about?.settings) ? { title, ...about.settings } : null
  const inferred = launch.sample_config && inferSchema(title, launch.sample_config)
  const config_schema = settings ?? inferred
  if (!config_schema) {
    const what = `The connector ${launch.name ?? ''} does not tell its settings by --about`
    throw new ConnectorError('protocol', `${what}. Give a sample config, from which its schema is inferred.`)
  }
  return {
    protocol: FLOW_PROTOCOL,
    config_schema,
    resource_config_schema: RESOURCE_CONFIG_SCHEMA,
    documentation_url: null,
    resource_path_pointers: RESOURCE_PATH_POINTERS,
    oauth2: null,
  }
}

/** Null when the connector does not know `--about`, however it says so. */
async function askAbout(launch: Launch): Promise<JsonObject | null> {
  const files = { contents: () => ({}), arguments: () => ['--about', '--format=json'] }
  const run = await startRun(launch, { files, readStderrLine: readSingerStderrLine })
  try {
    run.endInput()
    const { document, exit } = await wholeOutput(run, 'answering --about')
    return exit.code === 0 ? document : null
  } finally {
    await run.stop()
  }
}

export async function discover(launch: Launch, config: JsonObject): Promise<DiscoveredBinding[]> {
  const run = await startSinger(launch, { config, discover: true })
  try {
    run.endInput()
    const during = 'discovering'
    const { document, bytes, exit } = await wholeOutput(run, during)
    await run.judge(exit, during)
    if (!document)
      throw await run.failLine(bytes, 'something that is no catalog', 'Mend the connector.', { exit_code: 0 })
    const catalog = readCatalog(document)
    if ('fault' in catalog) throw await run.fail('protocol', run.showable(catalog.fault))
    return catalog.entries.map(bindingOfEntry)
  } finally {
    await run.stop()
  }
}

/** Singer has no check: the tap is run until its first record, or to its end when there is none. */
export async function validate(launch: Launch, request: ValidateRequest): Promise<{ resource_path: string[] }[]> {
  const { name, config, bindings } = request
  const paths = bindings.map((binding) => [readEntry(name, binding).tap_stream_id])
  const bound = bindings.map((binding, index) => ({ ...binding, resource_path: paths[index] ?? [] }))
  const trial: CaptureRequest = { name, config, state: {}, bindings: bound, max_documents: 1 }
  for await (const _event of read(launch, trial)) {
    // The trial itself is what is wanted: it throws when the config does not work.
  }
  return paths.map((resource_path) => ({ resource_path }))
}
