// One run: the connector's operations in the order that its protocol asks for, with fresh credentials injected.
import { configWithCredentials, secretValues } from '@sluice/connector-specs'
import {
  bindCollections,
  type CaptureRequest,
  type DiscoveredBinding,
  type Launch,
  launchTask,
  offered,
  type Protocol,
  protocolOf,
} from '@sluice/launcher'
import type { JsonObject, JsonValue } from '@sluice/oauth'
import { type ConnectionRow, openConfig } from '../connections/connection.ts'
import type { DescribedConnector } from '../connectors/connector-catalogue.ts'
import { findConnector } from '../connectors/find-connector.ts'
import { freshGrant } from '../grants/fresh-grant.ts'
import { openOAuthClient } from '../integrations/find-integration.ts'
import type { Services } from '../services.ts'
import { keepDocuments } from './kept-documents.ts'
import type { RunOutcome, StepOperation } from './run-outcome.ts'
import type { RunRow } from './run-record.ts'

const MAXIMUM_LOGS = 500

export interface RunWork {
  run: RunRow
  connection: ConnectionRow
  max_documents: number
  /** Filled as the run goes on. */
  outcome: RunOutcome
  signal: AbortSignal
}

/** Runs the operation's steps, calling `progress` after each. @throws ConnectorError, OAuthError or Problem */
export async function executeRun(services: Services, work: RunWork, progress: () => Promise<void>): Promise<void> {
  const { operation } = work.run
  const connector = await findConnector(services.connectors, work.connection.connector_id)
  const { config, secrets } = await grantedConfig(services, connector, work.connection)
  const protocol = protocolOf(connector.task.protocol)
  const launch: Launch = {
    ...launchTask(connector.task),
    name: connector.id,
    runtime: services.runtime,
    config_schema: connector.spec.config_schema,
    secrets,
    signal: work.signal,
    onLog: ({ level, message, at }) => {
      if (work.outcome.logs.length < MAXIMUM_LOGS) work.outcome.logs.push({ level, message, at })
    },
  }
  const step = <T>(name: StepOperation, act: () => Promise<T>, result: (value: T) => JsonObject) =>
    runStep(work.outcome, name, act, result, progress)
  const whole = operation === 'preview'

  if (whole || operation === 'spec') {
    await step(
      'spec',
      () => protocol.spec(launch),
      (spec) => ({ ...spec, oauth2: spec.oauth2 && { provider: spec.oauth2.provider ?? null } }),
    )
  }
  if (operation === 'spec') return

  const discovered = await step(
    'discover',
    () => offered(protocol, 'discover')(launch, config),
    (bindings) => ({ bindings: bindings.map(presentBinding) }),
  )
  if (operation === 'discover') return

  const { name, bindings: wanted } = connector.task
  const bindings = bindCollections(discovered, {
    wanted,
    resource_path_pointers: connector.spec.resource_path_pointers,
    prefix: connector.id,
  })
  const validated = await step(
    'validate',
    () => offered(protocol, 'validate')(launch, { name, config, bindings }),
    (resources) => ({ bindings: resources.map(({ resource_path }) => ({ resource_path })) }),
  )
  if (operation === 'validate') return

  const bound = bindings.map((binding, index) => ({ ...binding, ...(validated[index] ?? { resource_path: [] }) }))
  await step(
    'capture',
    () =>
      capture(
        offered(protocol, 'read'),
        launch,
        { name, config, bindings: bound, state: {}, stop_after_checkpoint: whole },
        work,
      ),
    () => ({ documents: work.outcome.document_count }),
  )
}

async function capture(
  read: NonNullable<Protocol['read']>,
  launch: Launch,
  request: CaptureRequest,
  { outcome, max_documents }: RunWork,
): Promise<void> {
  const collections = request.bindings.map(({ collection }) => collection.name)
  const documents = keepDocuments(outcome, collections, max_documents)
  for await (const event of read(launch, { ...request, max_documents: documents.limit })) {
    if (event.type === 'document') documents.add(collections[event.binding] ?? '', event.document)
    if (event.type === 'checkpoint') documents.commit()
    if (documents.isComplete()) break
  }
  documents.commit()
}

async function runStep<T>(
  outcome: RunOutcome,
  operation: StepOperation,
  act: () => Promise<T>,
  result: (value: T) => JsonObject,
  progress: () => Promise<void>,
): Promise<T> {
  const step: RunOutcome['steps'][number] = { operation, status: 'running', duration_ms: null, result: null }
  outcome.steps.push(step)
  await progress()
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
    await progress()
  }
}

/** The config as the connector gets it, and every value in it that its output must not show. */
async function grantedConfig(services: Services, connector: DescribedConnector, row: ConnectionRow) {
  const config = await openConfig(services, row)
  const schema = connector.spec.config_schema
  if (connector.oauth === null || row.integration_id === null) return { config, secrets: secretValues(schema, config) }

  const grant = await freshGrant(services, row)
  const client = await openOAuthClient(services, row.tenant_id, row.integration_id)
  const merged = configWithCredentials(schema, connector.oauth, config, {
    ...client,
    tokens: grant.credentials,
    phase: 'authorization_code',
  })
  const injected = [client.client_secret.reveal(), ...textsIn(grant.credentials.reveal())]
  return { config: merged.reveal(), secrets: [...secretValues(schema, merged.reveal()), ...injected] }
}

/** Everything that the broker injects is secret, whatever the connector's schema says. */
function textsIn(value: JsonValue): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

function presentBinding(binding: DiscoveredBinding): JsonObject {
  return {
    recommended_name: binding.recommended_name,
    resource_config: binding.resource_config,
    document_schema: binding.document_schema,
    key: binding.key,
  }
}
