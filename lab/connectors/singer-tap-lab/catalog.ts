interface Metadata {
  breadcrumb: string[]
  metadata: Record<string, unknown>
}

interface Entry {
  tap_stream_id: string
  stream: string
  schema: { type: string; properties: Record<string, unknown> }
  key_properties: string[]
  replication_method: string
  replication_key?: string
  metadata: Metadata[]
}

export interface Catalog {
  streams: Entry[]
}

const text = { type: ['null', 'string'] }
const instant = { type: ['null', 'string'], format: 'date-time' }

export const CATALOG: Catalog = {
  streams: [
    entry('customers', { id: text, name: text, country: text, updated_at: instant }, 'FULL_TABLE'),
    entry('orders', { id: text, status: text, amount: { type: 'integer' }, updated_at: instant }, 'INCREMENTAL'),
  ],
}

export function isSelected({ metadata }: Entry): boolean {
  return metadata.some(({ breadcrumb, metadata: { selected } }) => breadcrumb.length === 0 && selected === true)
}

function entry(stream: string, properties: Record<string, unknown>, method: 'FULL_TABLE' | 'INCREMENTAL'): Entry {
  return {
    tap_stream_id: stream,
    stream,
    schema: { type: 'object', properties },
    key_properties: ['id'],
    replication_method: method,
    ...(method === 'INCREMENTAL' && { replication_key: 'updated_at' }),
    metadata: [
      {
        breadcrumb: [],
        // A string where a list is due, as real taps write it.
        metadata: { inclusion: 'available', 'table-key-properties': ['id'], 'valid-replication-keys': 'updated_at' },
      },
      ...Object.keys(properties).map((field) => ({
        breadcrumb: ['properties', field],
        metadata: { inclusion: field === 'id' ? 'automatic' : 'available' },
      })),
    ],
  }
}
