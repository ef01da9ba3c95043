// `sluice raw materialize-fixture`: what a destination would be given for the documents of a file, to be piped into it.
import { loadFlowSource } from '@sluice/connector-specs'
import { type FixtureTransaction, type Protocol, protocolOf, type RunEvent } from '@sluice/launcher'
import { CliError } from '../cli-error.ts'
import { readConfigFile } from '../config/config-file.ts'
import { printable } from '../printable.ts'
import type { Terminal } from '../terminal.ts'
import { destinationBindings } from './destination-bindings.ts'
import { launchOf, selectFrom, type TaskChoice } from './open-task.ts'
import { readFixture } from './read-fixture.ts'
import { recordingRuntime } from './recording-runtime.ts'

export interface FixtureChoice extends TaskChoice {
  fixture: string
  /** Puts the config into the requests of protocols whose requests hold it, in clear. */
  withConfig: boolean
}

/** @throws CliError `source` for the fixture, with its line; ConnectorError `not_offered` for protocols without destinations */
export async function materializeFixture(options: FixtureChoice, terminal: Terminal): Promise<void> {
  const source = await loadFlowSource(options.source)
  const task = await selectFrom(source, options, terminal, { with_config: options.withConfig })
  const protocol = protocolOf(task.protocol)
  const write = protocol.fixture ? null : destinationOf(protocol)
  const bindings = destinationBindings(source, task, protocol)
  const names = bindings.map(({ collection }) => collection.name)
  const { text } = await readConfigFile(options.fixture)
  const { state, transactions } = readFixture(options.fixture, text, names)
  if (protocol.fixture) {
    const fixture = { name: task.name, config: task.config, bindings, state, transactions }
    for (const message of protocol.fixture(fixture)) await terminal.print(printable(JSON.stringify(message)))
  }
  if (!write) return
  const runtime = recordingRuntime((line) => terminal.print(printable(line)))
  const launch = { ...launchOf({ ...task, config: {} }, terminal, []), runtime }
  const request = { name: task.name, config: {}, bindings, input: toEvents(transactions) }
  for await (const event of write(launch, request)) {
    if (event.type === 'done') return
  }
}

function destinationOf(protocol: Protocol): NonNullable<Protocol['write']> {
  if (protocol.write) return protocol.write
  throw new CliError('connector', `Connectors of the protocol ${protocol.name} are never destinations.`, {
    next_action: 'Give a task whose protocol takes documents: flow, airbyte, singer or tightlock.',
  })
}

async function* toEvents(transactions: readonly FixtureTransaction[]): AsyncGenerator<RunEvent> {
  for (const { documents, committed } of transactions) {
    for (const { binding, document } of documents) yield { type: 'document', binding, document }
    if (committed) yield { type: 'checkpoint', state: { updated: {}, merge_patch: true } }
  }
}
