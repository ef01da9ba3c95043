const text = { type: 'string' }
const instant = { type: 'string', format: 'date-time' }

export type StreamName = 'customers' | 'orders'

/** The answer to `discover`: customers can be read anew only, orders from where the last reading ended. */
export const CATALOG = {
  streams: [
    {
      name: 'customers',
      json_schema: { type: 'object', properties: { id: text, name: text, country: text, updated_at: instant } },
      supported_sync_modes: ['full_refresh'],
    },
    {
      name: 'orders',
      json_schema: {
        type: 'object',
        properties: { id: text, status: text, amount: { type: 'integer' }, updated_at: instant },
      },
      supported_sync_modes: ['full_refresh', 'incremental'],
      source_defined_cursor: true,
      default_cursor_field: ['updated_at'],
      source_defined_primary_key: [['id']],
    },
  ],
}
