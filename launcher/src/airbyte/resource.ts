// A stream of Airbyte's catalogue as a binding of Flow, and back (contracts/flow.md §5).
import { isJsonObject, type JsonObject } from '@sluice/connector-specs'
import { z } from 'zod'
import { ConnectorError } from '../connector-error.ts'
import type { Launch } from '../launch.ts'
import type { DiscoveredBinding } from '../protocol/discovered-binding.ts'
import type { ValidateBinding } from '../protocol/requests.ts'
import { ROW_ID_POINTER } from '../protocol/row-id.ts'
import type { AirbyteStream } from './messages.ts'

export const RESOURCE_PATH_POINTERS = ['/namespace', '/stream']
export const RESOURCE_CONFIG_SCHEMA: JsonObject = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Stream',
  type: 'object',
  required: ['stream', 'syncMode'],
  properties: {
    stream: { type: 'string', title: 'Stream', description: 'The name of the stream.' },
    namespace: { type: 'string', title: 'Namespace', description: 'The namespace of the stream, where it has one.' },
    syncMode: { type: 'string', title: 'Sync mode', enum: ['incremental', 'full_refresh'] },
    cursorField: {
      type: 'array',
      title: 'Cursor field',
      description: 'The path of the field by which what is new is told.',
      items: { type: 'string' },
    },
  },
}

const META_SCHEMA: JsonObject = {
  type: 'object',
  required: ['op', 'row_id'],
  properties: { op: { type: 'string', const: 'u' }, row_id: { type: 'integer' } },
}

const resourceConfig = z.object({
  stream: z.string().min(1),
  namespace: z.string().min(1).optional(),
  syncMode: z.enum(['incremental', 'full_refresh']),
  cursorField: z.array(z.string()).optional(),
})

export interface AirbyteResource extends z.infer<typeof resourceConfig> {
  path: string[]
}

/** Incremental is preferred, but without a key it is of no use: then all is read anew, or the stream stays disabled. */
export function bindingOfStream(stream: AirbyteStream): DiscoveredBinding {
  const key = (stream.source_defined_primary_key ?? []).filter((path) => path.length > 0).map(pointerOf)
  const modes = stream.supported_sync_modes ?? ['full_refresh']
  const whole = modes.includes('full_refresh')
  const incremental = modes.includes('incremental') && (key.length > 0 || !whole)
  const cursor = stream.default_cursor_field ?? []
  const namespace = stream.namespace || null
  return {
    recommended_name: [namespace, stream.name].filter((part) => part !== null).join('/'),
    resource_config: {
      stream: stream.name,
      ...(namespace && { namespace }),
      syncMode: incremental ? 'incremental' : 'full_refresh',
      ...(incremental && cursor.length > 0 && { cursorField: cursor }),
    },
    document_schema: withMeta(stream.json_schema),
    key: key.length > 0 ? key : incremental ? [] : [ROW_ID_POINTER],
    disable: incremental && key.length === 0,
    resource_path: namespace ? [namespace, stream.name] : [stream.name],
  }
}

/** @throws ConnectorError `protocol` when a binding is none of Airbyte's, or is incremental without a key */
export function readResource({ name = '' }: Launch, { resource_config, collection }: ValidateBinding): AirbyteResource {
  const parsed = resourceConfig.safeParse(resource_config)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const where = issue?.path.join('.') || 'the resource'
    throw new ConnectorError('protocol', `A binding of ${name} is not usable: ${where}: ${issue?.message}.`)
  }
  const resource = parsed.data
  if (resource.syncMode === 'incremental' && collection.key.length === 0) {
    const what = `The stream ${resource.stream} of ${name} has no key, which incremental reading needs`
    throw new ConnectorError('protocol', `${what}. Give the collection one, or read it with syncMode full_refresh.`)
  }
  const { namespace, stream } = resource
  return { ...resource, path: namespace ? [namespace, stream] : [stream] }
}

/** The ConfiguredAirbyteStream that a binding asks for. */
export function configuredStream(resource: AirbyteResource, { collection }: ValidateBinding): JsonObject {
  const key = collection.key.filter((pointer) => pointer !== ROW_ID_POINTER).map(pathOf)
  const { stream, namespace, syncMode, cursorField } = resource
  return {
    stream: {
      name: stream,
      ...(namespace && { namespace }),
      json_schema: collection.schema,
      supported_sync_modes: [syncMode],
      ...(cursorField && { default_cursor_field: cursorField }),
      ...(key.length > 0 && { source_defined_primary_key: key }),
    },
    sync_mode: syncMode,
    destination_sync_mode: 'append',
    ...(cursorField && { cursor_field: cursorField }),
    ...(key.length > 0 && { primary_key: key }),
  }
}

function withMeta(schema: JsonObject): JsonObject {
  const properties = isJsonObject(schema.properties) ? schema.properties : {}
  return { type: 'object', ...schema, properties: { ...properties, _meta: META_SCHEMA } }
}

function pointerOf(path: readonly string[]): string {
  return path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

function pathOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}
