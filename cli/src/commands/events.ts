import { defineCommand, operand, optional } from '../command.ts'
import { listOptions, outputOptions } from '../output/output-options.ts'
import { serverOptions } from '../server/server-options.ts'

export const eventsList = defineCommand({
  path: ['events', 'list'],
  summary: 'what happened to connections and runs',
  description: 'The API key needs the scope events:read.',
  options: { type: optional('<type>', 'only events of this type'), ...listOptions, ...serverOptions },
  examples: ['events list', 'events list --type connection.broken --json'],
  async run(options, terminal) {
    const { listEvents } = await import('../daily/events.ts')
    await listEvents(options, terminal)
  },
})

export const eventsRedeliver = defineCommand({
  path: ['events', 'redeliver'],
  summary: 'send an event to the webhook endpoints again',
  description: 'Prints the new deliveries. The API key needs the scope events:write.',
  options: {
    id: operand('<id>', 'the event'),
    endpoint: optional('<id>', 'to this webhook endpoint only'),
    ...outputOptions,
    ...serverOptions,
  },
  examples: ['events redeliver 019a2f0e-7c51-7c3e-9d1b-3f5a8e2b6c40'],
  async run(options, terminal) {
    const { redeliverEvent } = await import('../daily/events.ts')
    await redeliverEvent(options, terminal)
  },
})
