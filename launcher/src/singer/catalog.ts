// An entry of a tap's catalog as a binding of Flow, and back with its selection (contracts/flow.md §5).
import { isJsonObject, type JsonObject, type JsonValue } from '@sluice/connector-specs'
import { z } from 'zod'
import { ConnectorError } from '../connector-error.ts'
import type { DiscoveredBinding } from '../protocol/discovered-binding.ts'
import type { ValidateBinding } from '../protocol/requests.ts'
import { ROW_ID_POINTER } from '../protocol/row-id.ts'

export const RESOURCE_PATH_POINTERS = ['/tap_stream_id']
export const RESOURCE_CONFIG_SCHEMA: JsonObject = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Stream',
  description: "An entry of the tap's catalog.",
  type: 'object',
  required: ['tap_stream_id'],
  properties: {
    tap_stream_id: { type: 'string', title: 'Stream' },
    replication_method: {
      type: 'string',
      title: 'Replication method',
      enum: ['FULL_TABLE', 'INCREMENTAL', 'LOG_BASED'],
    },
    replication_key: { type: 'string', title: 'Replication key' },
  },
}

const object = z.custom<JsonObject>(isJsonObject, 'must be an object')
const entry = z
  .object({
    tap_stream_id: z.string().min(1),
    stream: z.string().min(1).nullish(),
    schema: object.default({}),
    key_properties: z.array(z.string()).nullish(),
    metadata: z.array(z.object({ breadcrumb: z.array(z.string()), metadata: object }).loose()).nullish(),
    replication_method: z.string().nullish(),
    replication_key: z.string().nullish(),
  })
  .loose()

export type CatalogEntry = z.infer<typeof entry>

/** The entries of a catalog, or what is wrong with it, to follow the connector's name. */
export function readCatalog(catalog: JsonObject): { entries: CatalogEntry[] } | { fault: string } {
  const parsed = z.object({ streams: z.array(entry) }).safeParse(catalog)
  if (parsed.success) return { entries: parsed.data.streams }
  const issue = parsed.error.issues[0]
  return {
    fault: `printed a catalog that is not usable: ${issue?.path.join('.')}: ${issue?.message}. Mend the connector`,
  }
}

export function bindingOfEntry(found: CatalogEntry): DiscoveredBinding {
  const ofStream = metadataOf(found)
  const keys = found.key_properties ?? textsOf(ofStream['table-key-properties'])
  const properties = isJsonObject(found.schema.properties) ? found.schema.properties : {}
  return {
    recommended_name: found.stream ?? found.tap_stream_id,
    resource_config: found as JsonObject, // as it came: JSON
    document_schema: { ...found.schema, type: 'object', properties },
    key: keys.length > 0 ? keys.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`) : [ROW_ID_POINTER],
    disable: ofStream.inclusion === 'unsupported',
    resource_path: [found.tap_stream_id],
  }
}

/** @throws ConnectorError `protocol` when a binding is none of Singer's */
export function readEntry(name: string, { resource_config }: ValidateBinding): CatalogEntry {
  const parsed = entry.safeParse(resource_config)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const where = issue?.path.join('.') || 'the resource'
  throw new ConnectorError('protocol', `A binding of ${name} is not usable: ${where}: ${issue?.message}.`)
}

/**
 * The entry with its stream and all fields selected, in both ways that taps read: metadata by breadcrumb, and the old
 * `selected` inside the schema.
 */
export function selectEntry(found: CatalogEntry): JsonObject {
  const { replication_method: method, replication_key: key } = found
  const properties = isJsonObject(found.schema.properties) ? found.schema.properties : {}
  const metadata = found.metadata ?? []
  const ofStream = {
    ...metadataOf(found),
    selected: true,
    ...(method && { 'replication-method': method }),
    ...(key && { 'replication-key': key }),
  }
  const ofFields = Object.keys(properties).map((field) => {
    const known = metadata.find(({ breadcrumb }) => breadcrumb.length === 2 && breadcrumb[1] === field)?.metadata ?? {}
    const unwanted = known.inclusion === 'unsupported' || known.selected === false
    return { breadcrumb: ['properties', field], metadata: { ...known, selected: !unwanted } }
  })
  const others = metadata.filter(
    ({ breadcrumb }) => breadcrumb.length > 2 || (breadcrumb.length > 0 && breadcrumb[0] !== 'properties'),
  )
  const selected = Object.entries(properties).map(([field, schema]) => [
    field,
    isJsonObject(schema) ? { ...schema, selected: true } : schema,
  ])
  return {
    ...found,
    stream: found.stream ?? found.tap_stream_id,
    schema: { ...found.schema, selected: true, properties: Object.fromEntries(selected) },
    metadata: [{ breadcrumb: [], metadata: ofStream }, ...ofFields, ...others],
  } as JsonObject // made of JSON alone
}

function metadataOf({ metadata }: CatalogEntry): JsonObject {
  return metadata?.find(({ breadcrumb }) => breadcrumb.length === 0)?.metadata ?? {}
}

/** Some taps write a string where a list is due. */
function textsOf(value: JsonValue | undefined): string[] {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
