// A materialization of Estuary Flow: requests by stdin, one JSON object a line, responses on stdout. What a transaction
// stores is posted to its inbox, where it has one, when it commits.
import { createInterface } from 'node:readline'
import { openInbox } from '../inbox.ts'

interface Store {
  binding: number
  key: unknown[]
  keyPacked: string
  doc: object
  exists?: boolean
}

const spec = {
  protocol: 3032023,
  configSchema: {
    type: 'object',
    title: 'Lab inbox',
    properties: { address: { type: 'string', title: 'Address', description: 'Where documents are posted to.' } },
  },
  resourceConfigSchema: {
    type: 'object',
    required: ['table'],
    properties: {
      table: { type: 'string', title: 'Table', 'x-collection-name': true },
      delta_updates: { type: 'boolean', title: 'Delta updates', default: false, 'x-delta-updates': true },
    },
  },
  documentationUrl: 'https://example.com/materialize-lab',
}

interface Materialization {
  config: { address?: string }
  bindings: { resourceConfig: { table: string } }[]
}

let inbox: ReturnType<typeof openInbox> | null = null
let tables: string[] = []
let opened = false
let pending: Store[] = []
const documents = new Map<string, object>()

const answers: Record<string, (body: never) => Promise<object[]> | object[]> = {
  spec: () => [{ spec }],
  validate: ({ bindings }: { bindings: { resourceConfig: { table: string }; collection: { key: string[] } }[] }) => [
    {
      validated: {
        bindings: bindings.map(({ resourceConfig }) => ({ resourcePath: [resourceConfig.table], constraints: {} })),
      },
    },
  ],
  apply: () => [{ applied: { actionDescription: '' } }],
  open({ materialization: { config, bindings } }: { materialization: Materialization }) {
    if (config.address) inbox = openInbox(config.address)
    tables = bindings.map(({ resourceConfig }) => resourceConfig.table)
    return [{ opened: {} }]
  },
  load: ({ binding, keyPacked }: Store) => {
    const doc = documents.get(`${binding} ${keyPacked}`)
    return doc ? [{ loaded: { binding, doc } }] : []
  },
  flush: () => [{ flushed: {} }],
  store(store: Store) {
    const id = `${store.binding} ${store.keyPacked}`
    if (Boolean(store.exists) !== documents.has(id))
      throw new Error(`Whether ${JSON.stringify(store.key)} exists is wrong.`)
    pending.push(store)
    return []
  },
  startCommit: () => [{ startedCommit: { state: { updated: { stored: documents.size + pending.length } } } }],
  async acknowledge() {
    // The first one follows the opening.
    if (!opened) {
      opened = true
      return [{ acknowledged: {} }]
    }
    for (const { binding, doc } of pending) await inbox?.put(tables[binding] ?? '', doc)
    await inbox?.flush()
    for (const { binding, keyPacked, doc } of pending) documents.set(`${binding} ${keyPacked}`, doc)
    pending = []
    return [{ acknowledged: {} }]
  },
}

try {
  for await (const line of createInterface({ input: process.stdin })) {
    const [operation = '', body] = Object.entries(JSON.parse(line) as Record<string, unknown>)[0] ?? []
    const answer = answers[operation]
    if (!answer) throw new Error(`The request "${operation}" is unknown.`)
    for (const response of await answer(body as never)) process.stdout.write(`${JSON.stringify(response)}\n`)
  }
} catch (error) {
  const msg = error instanceof Error ? error.message : String(error)
  process.stderr.write(`${JSON.stringify({ level: 'error', msg })}\n`)
  process.exitCode = 1
}
