// One attempt of a run: the connector's operations in the order that Flow's control plane asks for, with fresh
// credentials injected.
import { bindCollections, type CaptureRequest, type DiscoveredBinding, offered } from '@sluice/launcher'
import type { JsonObject } from '@sluice/oauth'
import type { ConnectionRow } from '../connections/connection.ts'
import type { Services } from '../services.ts'
import { type ConnectedLaunch, type LaunchOptions, launchConnection } from './launch-connection.ts'
import { readDocuments } from './read-documents.ts'
import type { RunTeller } from './run-events.ts'
import type { HeldRun } from './run-lease.ts'
import type { RunOutcome, StepOperation } from './run-outcome.ts'
import { type RunRequest, readingOperations } from './run-request.ts'
import { writeDocuments } from './write-documents.ts'

const MAXIMUM_LOGS = 500

export interface RunWork {
  held: HeldRun
  request: RunRequest
  connection: ConnectionRow
  /** Where documents are written to. */
  target: ConnectionRow | null
  /** Filled as the run goes on. */
  outcome: RunOutcome
  teller: RunTeller
  signal: AbortSignal
  /** Writes the outcome as it stands. */
  record(): Promise<void>
}

/** @throws ConnectorError, OAuthError, Problem, RunLeaseLost */
export async function executeRun(services: Services, work: RunWork): Promise<void> {
  const opened: ConnectedLaunch[] = []
  const open = async (row: ConnectionRow) => {
    const launched = await launchConnection(services, row, launchOptions(work))
    opened.push(launched)
    return launched
  }
  try {
    await runSteps(services, work, open)
  } finally {
    for (const launched of opened) await launched.close()
  }
}

async function runSteps(
  services: Services,
  work: RunWork,
  open: (row: ConnectionRow) => Promise<ConnectedLaunch>,
): Promise<void> {
  const { operation } = work.held.run
  const source = await open(work.connection)
  const { protocol, launch, connector } = source
  const only = operation === 'check' && protocol.check !== undefined

  if (operation === 'preview' || operation === 'spec') {
    await runStep(
      work,
      'spec',
      () => protocol.spec(launch),
      (spec) => ({ ...spec, oauth2: spec.oauth2 && { provider: spec.oauth2.provider ?? null } }),
    )
  }
  if (operation === 'spec') return
  if (only) {
    const act = async () => offered(protocol, 'check')(launch, await source.config())
    return await runStep(work, 'check', act, () => ({}))
  }

  const discovered = await runStep(
    work,
    'discover',
    async () => offered(protocol, 'discover')(launch, await source.config()),
    (bindings) => ({ bindings: bindings.map(presentBinding) }),
  )
  if (operation === 'discover') return

  const { name } = connector.task
  const wanted = work.request.bindings?.map((binding) => ({ ...binding, disable: false })) ?? connector.task.bindings
  const { resource_path_pointers } = connector.spec
  const bindings = bindCollections(discovered, { wanted, resource_path_pointers, prefix: connector.id })
  const validated = await runStep(
    work,
    'validate',
    async () => offered(protocol, 'validate')(launch, { name, config: await source.config(), bindings }),
    (resources) => ({ bindings: resources.map(({ resource_path }) => ({ resource_path })) }),
  )
  if (!readsData(operation)) return

  const bound = bindings.map((binding, index) => ({ ...binding, ...(validated[index] ?? { resource_path: [] }) }))
  const request = async (): Promise<CaptureRequest> => ({
    name,
    config: await source.config(),
    bindings: bound,
    state: {},
    ...(operation === 'preview' && { stop_after_checkpoint: true }),
  })
  const told = () => ({ documents: work.outcome.document_count })
  if (work.target === null) {
    await runStep(work, 'capture', async () => readDocuments(services, work, source, await request()), told)
    return
  }
  const target = await open(work.target)
  await runStep(work, 'write', async () => writeDocuments(services, work, { source, target }, await request()), told)
}

const readsData = (operation: HeldRun['run']['operation']) =>
  operation === 'preview' || readingOperations.includes(operation)

function launchOptions({ held, request, signal, outcome, teller }: RunWork): LaunchOptions {
  return {
    run_id: held.run.id,
    actor: request.actor,
    signal,
    onLog({ level, message, at }) {
      if (outcome.logs.length < MAXIMUM_LOGS) outcome.logs.push({ level, message, at })
      teller.tell({ type: 'log', data: { level, message, at } })
    },
    onRotation(rotation) {
      outcome.rotations.push(rotation)
      teller.tell({ type: 'rotation', data: { ...rotation } })
    },
  }
}

async function runStep<T>(
  { outcome, teller, record }: RunWork,
  operation: StepOperation,
  act: () => Promise<T>,
  result: (value: T) => JsonObject,
): Promise<T> {
  const step: RunOutcome['steps'][number] = { operation, status: 'running', duration_ms: null, result: null }
  const tell = () => {
    const { status, duration_ms } = step
    teller.tell({ type: 'step', data: { operation, status, duration_ms } })
  }
  outcome.steps.push(step)
  tell()
  await record()
  const started = performance.now()
  try {
    const value = await act()
    step.status = 'succeeded'
    step.result = result(value)
    return value
  } catch (error) {
    step.status = 'failed'
    throw error
  } finally {
    step.duration_ms = Math.round(performance.now() - started)
    tell()
    await record()
  }
}

function presentBinding(binding: DiscoveredBinding): JsonObject {
  return {
    recommended_name: binding.recommended_name,
    resource_config: binding.resource_config,
    document_schema: binding.document_schema,
    key: binding.key,
  }
}
