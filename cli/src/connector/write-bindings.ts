// `sluice raw discover --write`: the bindings that the connector finds, put into the flow.yaml. Nothing that stands there is
// taken out, and comments and order stay.
import { readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type JsonObject, loadFlowSource, readPointer } from '@sluice/connector-specs'
import { type DiscoveredBinding, offered } from '@sluice/launcher'
import { isMap, parseDocument } from 'yaml'
import { CliError } from '../cli-error.ts'
import { replaceFile } from '../config/config-file.ts'
import { printable } from '../printable.ts'
import type { Terminal } from '../terminal.ts'
import { type PreparedTask, type PrepareOptions, prepareTask } from './prepare-task.ts'

/** A discovered binding with the collection that takes it. */
interface Target {
  found: DiscoveredBinding
  collection: string
  is_new: boolean
}

/** @param options `flat` keeps schemas in the flow.yaml; else each new one is a file beside it */
export async function writeBindings(options: PrepareOptions & { flat: boolean }, terminal: Terminal): Promise<void> {
  const prepared = await prepareTask(options, terminal)
  const { protocol, launch, task } = prepared
  const source = await loadFlowSource(options.source)
  const targets = targetsOf(prepared, await offered(protocol, 'discover')(launch, prepared.config))
  const { path } = source.fileOf(task.name)
  const document = parseDocument(await readFile(path, 'utf8'))
  const place = ['captures', task.name]
  if (!isMap(document.getIn(place, true))) {
    throw new CliError('source', `${task.name} is no capture of ${path}.`, { next_action: 'Name a capture by --task.' })
  }
  for (const { found, collection, is_new } of targets) {
    if (is_new) {
      const binding = { resource: found.resource_config, target: collection, ...(found.disable && { disable: true }) }
      if (document.getIn([...place, 'bindings']) === undefined)
        document.setIn([...place, 'bindings'], document.createNode([]))
      document.addIn([...place, 'bindings'], document.createNode(binding))
      terminal.note(`  ${terminal.paint('green', '+')} ${printable(collection)}`)
    }
    const at = ['collections', collection]
    const known = source.collections[collection]
    if (known !== undefined && source.fileOf(collection, 'collections').path !== path) continue
    const file = typeof known?.schema === 'string' ? known.schema : schemaFile(collection)
    const inline = known === undefined ? options.flat : typeof known.schema !== 'string'
    if (!inline) await writeFile(join(dirname(path), file), `${JSON.stringify(found.document_schema, null, 2)}\n`)
    document.setIn([...at, 'schema'], inline ? document.createNode(found.document_schema) : file)
    document.setIn([...at, 'key'], document.createNode(found.key))
  }
  await replaceFile(path, document.toString({ lineWidth: 0 }))
  tellMissing(prepared, targets, terminal)
  const added = targets.filter(({ is_new }) => is_new).length
  terminal.note(`${path}: ${added} of ${targets.length} discovered bindings are new.`)
}

function targetsOf({ task, spec }: PreparedTask, found: DiscoveredBinding[]): Target[] {
  const known = new Map(
    task.bindings.map(({ resource, target }) => [pathOf(resource, spec.resource_path_pointers), target]),
  )
  return found.map((binding) => {
    const collection = known.get(pathOf(binding.resource_config, spec.resource_path_pointers))
    const recommended = `${task.name}/${binding.recommended_name}`
    return { found: binding, collection: collection ?? recommended, is_new: collection === undefined }
  })
}

function pathOf(resource: JsonObject, pointers: readonly string[]): string {
  return JSON.stringify(
    pointers.length === 0 ? resource : pointers.map((pointer) => readPointer(resource, pointer) ?? null),
  )
}

/** A connector's words do not choose where a file is written. */
function schemaFile(collection: string): string {
  return `${basename(collection).replaceAll(/[^\w.-]/g, '_')}.schema.json`
}

function tellMissing({ task }: PreparedTask, targets: Target[], terminal: Terminal): void {
  const present = new Set(targets.map(({ collection }) => collection))
  for (const { target } of task.bindings.filter(({ target }) => !present.has(target))) {
    const note = `${printable(target)} was not discovered any more; its binding stays.`
    terminal.tell(`${terminal.paint('yellow', 'note:')} ${note}`)
  }
}
