import { compileSchema, personSchema } from '@sluice/connector-specs'
import type { JsonObject } from '@sluice/oauth'
import type { AuditActor } from '../audit/audit-record.ts'
import type { DescribedConnector } from '../connectors/connector-catalogue.ts'
import { findConnector } from '../connectors/find-connector.ts'
import { freshGrant } from '../grants/fresh-grant.ts'
import type { Grant } from '../grants/grant.ts'
import { testToken } from '../grants/test-token.ts'
import { connectionDisabled, ENABLE } from '../grants/usable-grant.ts'
import { Problem } from '../http/problem.ts'
import { openOAuthClient } from '../integrations/find-integration.ts'
import { runErrorFrom } from '../runs/run-error.ts'
import type { RunError } from '../runs/run-outcome.ts'
import { findRun, presentRun } from '../runs/run-record.ts'
import { startRun } from '../runs/start-run.ts'
import type { Services } from '../services.ts'
import { type ConnectionRow, findConnection, openConfig } from './connection.ts'

export const checkNames = ['enabled', 'config', 'grant', 'test_call', 'connector'] as const

/** The connector is waited for so long; the run goes on beyond. */
const CONNECTOR_MS = 60_000

export interface ConnectionCheck {
  check: (typeof checkNames)[number]
  outcome: 'passed' | 'failed' | 'skipped'
  message: string | null
  duration_ms: number
}

export interface CheckedConnection {
  connection_id: string
  passed: boolean
  verdict: RunError['verdict'] | null
  owner: 'person' | 'operator' | 'provider' | 'connector_author' | null
  next_action: string | null
  checks: ConnectionCheck[]
  run_id: string | null
}

interface Failure {
  verdict: RunError['verdict']
  message: string
}

/** Null: there is nothing to check. Throws what fails. */
type Act = () => Promise<string | null>

const AFTER: Record<RunError['verdict'], { owner: NonNullable<CheckedConnection['owner']>; next_action: string }> = {
  transient: { owner: 'provider', next_action: 'Test again later: what failed is likely to pass.' },
  reauthorize: {
    owner: 'person',
    next_action: 'Have the person authorize again, by a connect session for this connection.',
  },
  integration_broken: {
    owner: 'operator',
    next_action: 'Compare the integration’s client id and secret, and what it is registered for, with the provider’s.',
  },
  connector_broken: {
    owner: 'connector_author',
    next_action: 'Look at what the connector said; the run holds its log.',
  },
  disabled: { owner: 'operator', next_action: ENABLE },
}
const MEND_CREDENTIALS = {
  owner: 'operator',
  next_action: 'PATCH the connection with a config and credentials that the connector accepts.',
} as const

/** Checks in turn; after the first failure the others are skipped. @throws Problem 404; 503 `too_many_runs` */
export async function checkConnection(
  services: Services,
  tenantId: string,
  id: string,
  actor: AuditActor,
): Promise<CheckedConnection> {
  const row = await findConnection(services, tenantId, id)
  const connector = await findConnector(services.connectors, row.connector_id)
  const config = await openConfig(services, row)
  const state: { grant: Grant | null; run_id: string | null } = { grant: null, run_id: null }
  const isGrant = row.integration_id !== null

  const acts: [ConnectionCheck['check'], Act][] = [
    ['config', async () => requireValid(connector, config, isGrant)],
    [
      'grant',
      async () => {
        if (!isGrant) return null
        state.grant = await freshGrant(services, row)
        return 'The grant is alive.'
      },
    ],
    ['test_call', () => makeTestCall(services, connector, { row, config, grant: state.grant })],
    [
      'connector',
      async () => {
        const run = await startRun(services, {
          tenant_id: tenantId,
          connection_id: id,
          operation: 'validate',
          actor,
          max_documents: 1,
        })
        state.run_id = run.id
        return awaitRun(services, tenantId, run.id)
      },
    ],
  ]

  if (row.disabled_at !== null) acts.unshift(['enabled', () => Promise.reject(connectionDisabled())])

  const checks: ConnectionCheck[] = []
  let failure: Failure | null = null
  for (const [check, act] of acts) {
    const started = performance.now()
    const told: Told = failure === null ? await attempt(services, act) : { message: null, failure: null }
    failure ??= told.failure
    const skipped = told.failure === null && told.message === null
    checks.push({
      check,
      outcome: told.failure !== null ? 'failed' : skipped ? 'skipped' : 'passed',
      message: told.failure?.message ?? told.message,
      duration_ms: Math.round(performance.now() - started),
    })
  }
  const after = failure && afterFailure(failure.verdict, { isGrant, isConfig: failed(checks) === 'config' })
  return {
    connection_id: id,
    passed: failure === null,
    verdict: failure?.verdict ?? null,
    owner: after?.owner ?? null,
    next_action: after?.next_action ?? null,
    checks,
    run_id: state.run_id,
  }
}

const failed = (checks: ConnectionCheck[]) => checks.find(({ outcome }) => outcome === 'failed')?.check

function afterFailure(verdict: Failure['verdict'], { isGrant, isConfig }: { isGrant: boolean; isConfig: boolean }) {
  const isMended = isConfig || !(isGrant || verdict === 'transient' || verdict === 'disabled')
  return isMended ? MEND_CREDENTIALS : AFTER[verdict]
}

interface Told {
  message: string | null
  failure: Failure | null
}

async function attempt(services: Services, act: Act): Promise<Told> {
  try {
    return { message: await act(), failure: null }
  } catch (error) {
    if (error instanceof Problem && error.code === 'too_many_runs') throw error
    if (error instanceof CheckFailure) return { message: null, failure: { ...error.failure } }
    const { verdict, message } = runErrorFrom(error, new AbortController().signal, services.log)
    return { message: null, failure: { verdict, message } }
  }
}

class CheckFailure extends Error {
  readonly failure: Failure

  constructor(failure: Failure) {
    super(failure.message)
    this.failure = failure
  }
}

function requireValid({ spec, oauth }: DescribedConnector, config: JsonObject, isGrant: boolean): string {
  const schema = isGrant ? personSchema(spec.config_schema, oauth) : spec.config_schema
  const [violation] = compileSchema(schema).validate(config)
  if (violation === undefined) return 'The config fits the connector’s schema.'
  const message = `The config breaks the schema at /config${violation.pointer}: ${violation.message}.`
  throw new CheckFailure({ verdict: 'connector_broken', message })
}

async function makeTestCall(
  services: Services,
  { oauth }: DescribedConnector,
  { row, config, grant }: { row: ConnectionRow; config: JsonObject; grant: Grant | null },
): Promise<string | null> {
  if (oauth === null || grant === null) return null
  // Beside an authorization by people, the declared call is about the person whose token it is.
  if (grant.grant_type !== null && oauth.plan.behaviour.grants.has('authorization_code')) return null
  const { client_id } = await openOAuthClient(services, row.tenant_id, row.integration_id)
  const { access_token, captured } = grant
  const made = await testToken(services, oauth.plan, { client_id, config, access_token, captured })
  return made ? 'The provider’s API takes the access token.' : null
}

async function awaitRun(services: Services, tenantId: string, runId: string): Promise<string> {
  await services.runs.settled({ id: runId, tenant_id: tenantId }, CONNECTOR_MS)
  const { status, error } = await presentRun(services, await findRun(services, tenantId, runId))
  if (status === 'succeeded') return 'The connector accepts config and credentials.'
  if (error !== null) throw new CheckFailure({ verdict: error.verdict, message: error.message })
  throw new CheckFailure({ verdict: 'transient', message: 'The connector is still at it; look at the run later.' })
}
