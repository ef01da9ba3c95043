import type { JsonObject } from '../config-form/json.ts'

/** As the demo connector's, without the credentials. */
export const labSchema: JsonObject = {
  type: 'object',
  title: 'Lab source',
  required: ['region', 'start_date'],
  properties: {
    start_date: {
      type: 'string',
      title: 'Start date',
      description: 'Records changed before this day are left out.',
      format: 'date',
      pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$',
      default: '2026-01-01',
      order: 1,
    },
    region: {
      type: 'string',
      title: 'Region',
      description: 'Where your Lab account lives.',
      default: 'eu',
      oneOf: [
        { const: 'eu', title: 'Europe', description: 'Data centre in Amsterdam.' },
        { const: 'us', title: 'United States', description: 'Data centre in Ohio.' },
      ],
      order: 0,
    },
    include_orders: { type: 'boolean', title: 'Read orders too', default: false, order: 2 },
    page_size: {
      type: 'integer',
      title: 'Page size',
      description: 'Records asked for at once.',
      minimum: 1,
      maximum: 500,
      default: 100,
      advanced: true,
      order: 9,
    },
  },
  if: { properties: { include_orders: { const: true } }, required: ['include_orders'] },
  // biome-ignore lint/suspicious/noThenProperty: a JSON Schema keyword
  then: {
    properties: {
      order_states: {
        type: 'array',
        title: 'Order states',
        items: { type: 'string', enum: ['open', 'paid', 'refunded'] },
        uniqueItems: true,
        order: 3,
      },
      orders_since: { type: 'string', title: 'Orders since', order: 4 },
    },
    required: ['orders_since'],
  },
}

/** Every convention that connectors' schemas use. */
export const everySchema: JsonObject = {
  type: 'object',
  required: ['account', 'api_key', 'mode', 'destination'],
  properties: {
    advanced: {
      type: 'object',
      title: 'Fine tuning',
      advanced: true,
      order: 99,
      properties: { window: { type: 'string', title: 'Window', format: 'duration', default: 'P1D' } },
    },
    account: { type: 'string', title: 'Account', description: 'As in its address.', minLength: 3, order: 1 },
    api_key: { type: 'string', title: 'API key', secret: true, minLength: 8, order: 2 },
    token: { type: 'string', title: 'Token', airbyte_secret: true, order: 3 },
    private_key: { type: 'string', title: 'Private key', secret: true, multiline: true, order: 4 },
    query: { type: 'string', title: 'Query', multiline: true, order: 5 },
    ratio: { type: ['number', 'null'], title: 'Ratio', exclusiveMinimum: 0, maximum: 1, order: 6 },
    limit: { type: 'integer', title: 'Limit', default: 10, order: 7 },
    active: { type: 'boolean', title: 'Active', description: 'Takes part at once.', default: true, order: 8 },
    mode: { type: 'string', title: 'Mode', enum: ['full', 'incremental'], order: 9 },
    level: {
      type: 'integer',
      title: 'Level',
      oneOf: [
        { const: 1, title: 'Low', description: 'Little load.' },
        { const: 2, title: 'High', description: 'Much load.' },
      ],
      order: 10,
    },
    destination: {
      type: 'object',
      title: 'Destination',
      description: 'Where it goes.',
      order: 11,
      discriminator: { propertyName: 'kind' },
      oneOf: [
        {
          title: 'Bucket',
          properties: {
            kind: { type: 'string', const: 'bucket', default: 'bucket' },
            bucket: { type: 'string', title: 'Bucket name' },
          },
          required: ['kind', 'bucket'],
        },
        {
          title: 'Database',
          properties: {
            kind: { type: 'string', const: 'database', default: 'database' },
            host: { type: 'string', title: 'Host' },
            port: { type: 'integer', title: 'Port', default: 5432 },
            password: { type: 'string', title: 'Password', secret: true },
          },
          required: ['kind', 'host'],
        },
      ],
    },
    proxy: {
      type: 'object',
      title: 'Proxy',
      order: 12,
      properties: { host: { type: 'string', title: 'Proxy host' }, port: { $ref: '#/$defs/port' } },
    },
    streams: { type: 'array', title: 'Streams', items: { type: 'string', title: 'Stream' }, order: 13 },
    filters: {
      type: 'array',
      title: 'Filters',
      order: 14,
      items: {
        type: 'object',
        title: 'Filter',
        required: ['field'],
        properties: { field: { type: 'string', title: 'Field' }, value: { type: 'string', title: 'Value' } },
      },
    },
    labels: { type: 'object', title: 'Labels', additionalProperties: { type: 'string' }, order: 15 },
    internal: { type: 'string', title: 'Internal', 'x-hidden-field': true },
  },
  $defs: { port: { type: 'integer', title: 'Proxy port', minimum: 1, maximum: 65535 } },
}
