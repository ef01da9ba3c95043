// `sluice raw materialize-fixture`: what a destination would be given for the documents of a file, to be piped into it.
import { isJsonObject, loadFlowSource, readCollection } from '@sluice/connector-specs'
import { offered, protocolOf, type RunEvent, type ValidateBinding } from '@sluice/launcher'
import { CliError } from '../cli-error.ts'
import { readConfigFile } from '../config/config-file.ts'
import { printable } from '../printable.ts'
import type { Terminal } from '../terminal.ts'
import { launchOf, selectFrom, type TaskChoice } from './open-task.ts'
import { recordingRuntime } from './recording-runtime.ts'

/** @throws CliError `source` for the fixture, with its line; ConnectorError `not_offered` for sources */
export async function materializeFixture(options: TaskChoice & { fixture: string }, terminal: Terminal): Promise<void> {
  const source = await loadFlowSource(options.source)
  const task = await selectFrom(source, options, terminal, { with_config: false })
  const protocol = protocolOf(task.protocol)
  const write = offered(protocol, 'write')
  const bindings = task.bindings
    .filter(({ disable }) => !disable)
    .map(({ resource, target }): ValidateBinding => {
      const declared = readCollection(source, target) ?? { schema: { type: 'object' }, key: [] }
      const binding = { collection: { name: target, ...declared }, resource_config: resource }
      return { ...binding, resource_config: { ...protocol.resourceFor?.(binding), ...resource } }
    })
  const names = bindings.map(({ collection }) => collection.name)
  const { text } = await readConfigFile(options.fixture)
  const input = readFixture(options.fixture, text, names)
  const runtime = recordingRuntime((line) => terminal.print(printable(line)))
  const launch = { ...launchOf({ ...task, config: {} }, terminal, []), runtime }
  const request = { name: task.name, config: {}, bindings, input: toStream(input) }
  for await (const event of write(launch, request)) {
    if (event.type === 'done') return
  }
}

async function* toStream(events: RunEvent[]): AsyncGenerator<RunEvent> {
  yield* events
}

/** `["collection", {document}]` lines, as `raw capture` prints them, and `{"commit": true}` where a transaction ends. */
function readFixture(path: string, text: string, names: readonly string[]): RunEvent[] {
  return text.split('\n').flatMap((line, index): RunEvent[] => {
    if (line.trim() === '') return []
    const value = parse(line)
    if (isJsonObject(value) && value.commit === true) {
      return [{ type: 'checkpoint', state: { updated: {}, merge_patch: true } }]
    }
    const [name, document] = Array.isArray(value) ? value : []
    const fault = (message: string, next_action: string) =>
      new CliError('source', `${path}:${index + 1}: ${message}`, { next_action })
    if (typeof name !== 'string' || !isJsonObject(document)) {
      throw fault('This is no line of a fixture.', 'Write ["collection", {document}] or {"commit": true}.')
    }
    const binding = names.indexOf(name)
    if (binding >= 0) return [{ type: 'document', binding, document }]
    throw fault(`No binding takes the collection ${name}.`, `There are: ${names.join(', ') || 'none'}.`)
  })
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
