// A capture connector for the lab's demo shop, speaking Estuary Flow's protocol: requests on stdin, responses on stdout,
// logs as JSON lines on stderr. Node runs it as it is; only to speak protobuf it needs something installed.
import { setTimeout as sleep } from 'node:timers/promises'
import { type Binding, type CaptureOutput, type StreamStates, sweep } from './capture.ts'
import { type Config, readConfig } from './config.ts'
import { connectLabApi } from './lab-api.ts'
import { openMessages } from './messages.ts'
import { spec } from './spec.ts'
import { discoverBindings, streamOf } from './streams.ts'

interface OpenRequest {
  capture: {
    config: unknown
    intervalSeconds?: number
    bindings: { resourceConfig: { stream?: string }; stateKey: string }[]
  }
  state?: { bindingStateV1?: StreamStates }
}

interface ValidateRequest {
  config: unknown
  bindings?: { resourceConfig: { stream?: string } }[]
}

const SCOPES: Record<string, string> = { customers: 'customers:read', orders: 'orders:read' }
const origin = process.env.LAB_ORIGIN ?? 'http://localhost:16970'
const refreshTokens = process.env.LAB_REFRESH_TOKENS ? JSON.parse(process.env.LAB_REFRESH_TOKENS) : undefined
const ended = new AbortController()
const { requests, respond } = await openMessages(
  process.env.FLOW_RUNTIME_CODEC,
  new URL('capture.proto', import.meta.url),
)

async function main(): Promise<void> {
  process.once('SIGTERM', () => ended.abort())
  // Whoever started us reads no more.
  process.stdout.on('error', () => process.exit(0))
  let work = Promise.resolve()
  for await (const request of requests()) {
    const [operation, body] = Object.entries(request)[0] ?? []
    // A capture goes on while stdin stays open, so the next request is read beside it.
    work = work.then(() => answer(operation ?? '', body))
    work.catch(fail)
  }
  ended.abort()
  await work
}

async function answer(operation: string, body: unknown): Promise<void> {
  switch (operation) {
    case 'spec':
      return await respond({ spec: spec(origin, refreshTokens) })
    case 'discover':
      return await respond({ discovered: { bindings: discoverBindings(readConfig((body as ValidateRequest).config)) } })
    case 'validate':
      return await validate(body as ValidateRequest)
    case 'apply':
      return await respond({ applied: { actionDescription: '' } })
    case 'open':
      return await capture(body as OpenRequest)
    case 'acknowledge':
      return
    default:
      throw new Error(`The request "${operation}" is unknown.`)
  }
}

/** Tries the access token, and whether it may read what the bindings want. */
async function validate({ config, bindings = [] }: ValidateRequest): Promise<void> {
  const { credentials } = readConfig(config)
  const streams = bindings.map(({ resourceConfig }) => streamOf(resourceConfig))
  const { scopes } = await connectLabApi(origin, credentials.access_token).me()
  const missing = streams.map((stream) => SCOPES[stream] ?? '').filter((scope) => !scopes.includes(scope))
  if (missing.length > 0) {
    throw new Error(`The lab account did not allow ${missing.join(' and ')}. Authorize the source again and allow it.`)
  }
  await respond({ validated: { bindings: streams.map((stream) => ({ resourcePath: [stream] })) } })
}

async function capture({ capture: task, state }: OpenRequest): Promise<void> {
  const config: Config = readConfig(task.config)
  const bindings = task.bindings.map(
    ({ resourceConfig, stateKey }, index): Binding => ({
      index,
      stream: streamOf(resourceConfig),
      state_key: stateKey,
    }),
  )
  await respond({ opened: { explicitAcknowledgements: false } })
  const api = connectLabApi(origin, config.credentials.access_token, ended.signal)
  const seconds = config.poll_seconds ?? task.intervalSeconds ?? 300
  let states: StreamStates = { ...state?.bindingStateV1 }
  while (!ended.signal.aborted) {
    try {
      states = await sweep(api, config, bindings, states, output)
      log('info', 'caught up', { next_look_in_seconds: seconds })
      await sleep(seconds * 1000, null, { signal: ended.signal })
    } catch (error) {
      if (!ended.signal.aborted) throw error
    }
  }
}

const output: CaptureOutput = {
  document: (binding, doc) => respond({ captured: { binding, doc } }),
  checkpoint: (updated) =>
    respond({ checkpoint: { state: { updated: { bindingStateV1: updated }, mergePatch: true } } }),
}

function log(level: 'info' | 'error', msg: string, fields: object = {}): void {
  process.stderr.write(`${JSON.stringify({ ts: new Date().toISOString(), level, msg, fields })}\n`)
}

function fail(error: unknown): void {
  log('error', error instanceof Error ? error.message : String(error))
  process.exit(1)
}

main().catch(fail)
