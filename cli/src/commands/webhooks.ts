import { defineCommand, flag, operand, optional, repeatable } from '../command.ts'
import { listOptions, outputOptions, reportOptions } from '../output/output-options.ts'
import { serverOptions } from '../server/server-options.ts'

const id = operand('<id>', 'the webhook endpoint')

export const webhooksList = defineCommand({
  path: ['webhooks', 'list'],
  summary: 'the endpoints that events are sent to',
  description: 'The API key needs the scope events:read.',
  options: { ...listOptions, ...serverOptions },
  examples: ['webhooks list'],
  async run(options, terminal) {
    const { listWebhooks } = await import('../daily/webhooks.ts')
    await listWebhooks(options, terminal)
  },
})

export const webhooksShow = defineCommand({
  path: ['webhooks', 'show'],
  summary: 'one endpoint',
  description: 'The API key needs the scope events:read.',
  options: { id, ...outputOptions, ...serverOptions },
  examples: ['webhooks show 019a2f0e-7c51-7c3e-9d1b-3f5a8e2b6c40'],
  async run(options, terminal) {
    const { showWebhook } = await import('../daily/webhooks.ts')
    await showWebhook(options, terminal)
  },
})

export const webhooksCreate = defineCommand({
  path: ['webhooks', 'create'],
  summary: 'have events sent to an address, and print the secret that signs them',
  description: 'The secret is shown this once. The API key needs the scope events:write.',
  options: {
    url: operand('<url>', 'where to send events to'),
    description: optional('<text>', 'what it is for'),
    type: repeatable('<type>', 'send only events of this type; may be given several times'),
    json: flag('print endpoint and secret as one JSON line'),
    quiet: flag('print the secret alone'),
    ...serverOptions,
  },
  examples: [
    'webhooks create https://app.example.com/sluice',
    'webhooks create https://app.example.com/sluice --type connection.broken,connection.will_expire --json',
  ],
  async run(options, terminal) {
    const { createWebhook } = await import('../daily/webhooks.ts')
    await createWebhook(options, terminal)
  },
})

export const webhooksTest = defineCommand({
  path: ['webhooks', 'test'],
  summary: 'send a test event',
  description:
    'Prints the delivery; `webhooks deliveries` tells how it went. The API key needs the scope events:write.',
  options: { id, ...outputOptions, ...serverOptions },
  examples: ['webhooks test 019a2f0e-7c51-7c3e-9d1b-3f5a8e2b6c40'],
  async run(options, terminal) {
    const { testWebhook } = await import('../daily/webhooks.ts')
    await testWebhook(options, terminal)
  },
})

export const webhooksDelete = defineCommand({
  path: ['webhooks', 'delete'],
  summary: 'send no more events to an endpoint',
  description: 'Asks first, unless --yes is given. The API key needs the scope events:write.',
  options: { id, yes: flag('do not ask'), ...reportOptions, ...serverOptions },
  examples: ['webhooks delete 019a2f0e-7c51-7c3e-9d1b-3f5a8e2b6c40 --yes'],
  async run(options, terminal) {
    const { deleteWebhook } = await import('../daily/webhooks.ts')
    await deleteWebhook(options, terminal)
  },
})

export const webhooksDeliveries = defineCommand({
  path: ['webhooks', 'deliveries'],
  summary: 'what was sent where, and how it went',
  description: 'The API key needs the scope events:read.',
  options: { endpoint: optional('<id>', 'only those to this endpoint'), ...listOptions, ...serverOptions },
  examples: ['webhooks deliveries', 'webhooks deliveries --endpoint 019a2f0e-7c51-7c3e-9d1b-3f5a8e2b6c40 --json'],
  async run(options, terminal) {
    const { listDeliveries } = await import('../daily/webhooks.ts')
    await listDeliveries(options, terminal)
  },
})
