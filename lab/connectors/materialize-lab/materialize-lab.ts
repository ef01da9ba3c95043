// A materialization of Estuary Flow: requests on stdin, responses on stdout, in JSON or protobuf. What a transaction
// stores is in its tables when it has committed: by the state that Flow kept for it, or with the checkpoint beside them.
import { randomUUID } from 'node:crypto'
import { openInbox } from '../inbox.ts'
import { openMessages } from '../source-lab/messages.ts'
import { spec, validateBinding } from './spec.ts'
import { openStore, type Row, type Store } from './store.ts'

interface Config {
  address?: string
  store?: string
  authority?: 'recovery_log' | 'remote'
}

interface OpenRequest {
  materialization: {
    name: string
    config: Config
    bindings: { resourceConfig: { table: string }; deltaUpdates?: boolean }[]
  }
  state?: { staged?: Staged }
}

interface StoreRequest extends Row {
  binding?: number
  keyPacked: string
  exists?: boolean
  delete?: boolean
}

/** A transaction that is to be in the tables. */
interface Staged {
  transaction: string
  rows: { table: string; id: string; row: Row | null }[]
}

let name = ''
let config: Config = {}
let bindings: { table: string; isDelta: boolean }[] = []
let store: Store = await openStore(undefined)
let inbox: ReturnType<typeof openInbox> | null = null
let rows: Staged['rows'] = []
let staged: Staged | undefined
/** Documents of the transaction, to be posted. */
let posted: [table: string, doc: object][] = []

const answers: Record<string, (body: never) => Promise<object | null> | object | null> = {
  spec: () => ({ spec }),
  validate: (request: { bindings?: Parameters<typeof validateBinding>[0][] }) => ({
    validated: { bindings: (request.bindings ?? []).map(validateBinding) },
  }),
  apply: () => ({ applied: { actionDescription: '' } }),
  async open({ materialization, state }: OpenRequest) {
    name = materialization.name
    config = materialization.config
    bindings = materialization.bindings.map(({ resourceConfig: { table }, deltaUpdates = false }) => ({
      table,
      isDelta: deltaUpdates,
    }))
    store = await openStore(config.store)
    if (config.address) inbox = openInbox(config.address)
    if (config.authority === 'remote') return { opened: { runtimeCheckpoint: store.checkpoints[name] ?? {} } }
    staged = state?.staged
    return { opened: {} }
  },
  load({ binding = 0, keyPacked }: StoreRequest) {
    const doc = store.tables[bindings[binding]?.table ?? '']?.[keyPacked]?.doc
    return doc ? { loaded: { binding, doc } } : null
  },
  flush: () => ({ flushed: {} }),
  store({ binding = 0, key, keyPacked, values, doc, exists = false, delete: isDeletion }: StoreRequest) {
    const { table, isDelta } = bindings[binding] ?? { table: '', isDelta: false }
    const isThere = store.tables[table]?.[keyPacked] !== undefined
    if (!isDelta && exists !== isThere) throw new Error(`Whether ${JSON.stringify(key)} exists is wrong.`)
    rows.push({ table, id: isDelta ? randomUUID() : keyPacked, row: isDeletion ? null : { key, values, doc } })
    if (doc) posted.push([table, doc])
    return null
  },
  async startCommit({ runtimeCheckpoint }: { runtimeCheckpoint?: object }) {
    const transaction = { transaction: randomUUID(), rows }
    rows = []
    if (config.authority === 'remote') {
      await keep(transaction, runtimeCheckpoint ?? {})
      return { startedCommit: {} }
    }
    staged = transaction
    return { startedCommit: { state: { updated: { staged }, mergePatch: true } } }
  },
  async acknowledge() {
    const isStaged = staged !== undefined
    if (staged) await keep(staged, null)
    staged = undefined
    for (const [table, doc] of posted) await inbox?.put(table, doc)
    await inbox?.flush()
    posted = []
    return { acknowledged: isStaged ? { state: { updated: { staged: null }, mergePatch: true } } : {} }
  },
}

/** Stores a transaction once, however often it is told of. */
async function keep({ transaction, rows: changes }: Staged, checkpoint: object | null): Promise<void> {
  if (store.transaction === transaction) return
  for (const { table, id, row } of changes) {
    store.tables[table] ??= {}
    if (row) store.tables[table][id] = row
    else delete store.tables[table][id]
  }
  store.transaction = transaction
  if (checkpoint) store.checkpoints[name] = checkpoint
  await store.save()
}

try {
  const codec = process.env.FLOW_RUNTIME_CODEC
  const { requests, respond } = await openMessages(codec, new URL('materialize.proto', import.meta.url))
  for await (const request of requests()) {
    const [operation = '', body] = Object.entries(request)[0] ?? []
    const answer = answers[operation]
    if (!answer) throw new Error(`The request "${operation}" is unknown.`)
    const response = await answer(body as never)
    if (response) await respond(response as Record<string, unknown>)
  }
} catch (error) {
  const msg = error instanceof Error ? error.message : String(error)
  process.stderr.write(`${JSON.stringify({ level: 'error', msg })}\n`)
  process.exit(1)
}
