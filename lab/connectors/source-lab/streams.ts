import type { Config } from './config.ts'

const text = { type: 'string' }
const instant = { type: 'string', format: 'date-time' }

const STREAMS = {
  customers: {
    id: text,
    name: text,
    email: { ...text, format: 'email' },
    country: { ...text, description: 'ISO 3166 code of two letters' },
    created_at: instant,
    updated_at: instant,
  },
  orders: {
    id: text,
    customer_id: text,
    status: { ...text, enum: ['pending', 'paid', 'shipped', 'returned'] },
    currency: { ...text, description: 'ISO 4217 code' },
    amount: { type: 'integer', description: "In the currency's minor unit" },
    placed_at: instant,
    updated_at: instant,
  },
}

/** The answer to `discover`. */
export function discoverBindings(config: Config) {
  return Object.entries(STREAMS)
    .filter(([stream]) => stream !== 'orders' || config.orders?.sync !== 'skip')
    .map(([stream, properties]) => ({
      recommendedName: stream,
      resourceConfig: { stream },
      documentSchema: { type: 'object', required: ['id', 'updated_at'], properties },
      key: ['/id'],
      disable: false,
      resourcePath: [stream],
    }))
}

/** @throws Error when the resource config names no stream of the lab. */
export function streamOf(resourceConfig: { stream?: string }): string {
  const { stream } = resourceConfig
  if (stream !== undefined && Object.hasOwn(STREAMS, stream)) return stream
  throw new Error(`There is no stream "${stream}". The lab has: ${Object.keys(STREAMS).join(', ')}.`)
}
