// A connection's connector, ready to be asked: fresh credentials in its config, and a lease that keeps them so.
import { secretValues } from '@sluice/connector-specs'
import {
  type Launch,
  type LeasedGrant,
  type LogEvent,
  launchTask,
  openLease,
  type Protocol,
  protocolOf,
} from '@sluice/launcher'
import { type JsonObject, type JsonValue, secret } from '@sluice/oauth'
import type { AuditActor } from '../audit/audit-record.ts'
import { type ConnectionRow, openConfig } from '../connections/connection.ts'
import type { DescribedConnector } from '../connectors/connector-catalogue.ts'
import { findConnector } from '../connectors/find-connector.ts'
import type { Grant } from '../grants/grant.ts'
import { isHalfSpent, lastingGrant } from '../grants/lasting-grant.ts'
import { connectionDisabled } from '../grants/usable-grant.ts'
import { openOAuthClient } from '../integrations/find-integration.ts'
import type { Services } from '../services.ts'
import { followRotations } from './follow-rotations.ts'
import { credentialPointers, withCredentials } from './place-credentials.ts'
import { rotationBequest } from './rotation-bequest.ts'
import type { RunRotation } from './run-outcome.ts'

export interface ConnectedLaunch {
  connector: DescribedConnector
  protocol: Protocol
  launch: Launch
  /** As the connector gets it when it starts now. */
  config(): Promise<JsonObject>
  /** Ends the lease. Resolves when what the connector rotated has found its place. */
  close(): Promise<void>
}

export interface LaunchOptions {
  run_id: string
  /** Who asked for the run. */
  actor: AuditActor
  signal: AbortSignal
  onLog(log: LogEvent): void
  onRotation(rotation: RunRotation): void
}

/**
 * Recorded in the audit log first: what the connector gets is revealed to it.
 *
 * @throws Problem as `freshGrant` does, 409 `connection_disabled`, 503 `audit_unavailable`; ConnectorError, SealingError
 */
export async function launchConnection(
  services: Services,
  row: ConnectionRow,
  options: LaunchOptions,
): Promise<ConnectedLaunch> {
  if (row.disabled_at !== null) throw connectionDisabled()
  const connector = await findConnector(services.connectors, row.connector_id)
  const { run_id, actor, onRotation } = options
  await services.audit.append(row.tenant_id, {
    action: 'credentials.launch',
    actor,
    subject: { type: 'connection', id: row.id },
    detail: { run_id },
  })
  const base = await openConfig(services, row)
  const schema = connector.spec.config_schema
  const launch: Launch = {
    ...launchTask(connector.task),
    name: connector.id,
    runtime: services.runtime,
    resources: services.runs.limits.resources,
    config_schema: schema,
    secrets: secretValues(schema, base),
    signal: options.signal,
    onLog: options.onLog,
  }
  const protocol = protocolOf(connector.task.protocol)
  if (connector.oauth === null || row.integration_id === null) {
    let config = base
    const rotations = followRotations(services, { run_id, row, connector, config, pointers: null, onRotation })
    launch.bequest = rotationBequest(services, { run_id, row, config: () => config, pointers: null, rotations })
    launch.onConfigUpdate = (rotated) => {
      // Its next operation starts with what this one left.
      config = rotated.reveal()
      launch.secrets.push(...secretValues(schema, config))
      void rotations.heard(rotated)
    }
    return { connector, protocol, launch, config: async () => config, close: rotations.settled }
  }

  const client = await openOAuthClient(services, row.tenant_id, row.integration_id)
  await services.runs.leases.collect(row.id)
  const grant = await lastingGrant(services, row)
  const pointers = credentialPointers(connector, base, client, grant.credentials)
  const started = withCredentials(connector, base, client, grant.credentials)
  const rotations = followRotations(services, {
    run_id,
    row,
    connector,
    config: started.reveal(),
    pointers,
    onRotation,
  })
  let current = grant
  const leased = (fresh: Grant): LeasedGrant => {
    current = fresh
    rotations.gave(fresh)
    launch.secrets.push(...textsIn(fresh.credentials.reveal()))
    const placed = Object.entries(fresh.credentials.reveal()).filter(([name]) => Object.hasOwn(pointers, name))
    return {
      access_token: fresh.access_token,
      expires_at: fresh.access_token_expires_at,
      credentials: secret(Object.fromEntries(placed)),
    }
  }
  const lease = await openLease({
    config: started,
    grant: leased(grant),
    place: { under: '/credentials', pointers },
    now: services.now,
    async renew() {
      await services.runs.leases.collect(row.id)
      return leased(await lastingGrant(services, row))
    },
    onRotation: rotations.heard,
  })
  const held = { lease, settled: rotations.settled }
  services.runs.leases.add(row.id, held)
  launch.lease = lease
  launch.bequest = rotationBequest(services, {
    run_id,
    row,
    config: () => lease.config().reveal(),
    pointers,
    rotations,
  })
  launch.mapped = Object.values(pointers)
  launch.secrets.push(client.client_secret.reveal(), ...secretValues(schema, started.reveal()))
  launch.onConfigUpdate = (rotated) => void rotations.heard(rotated)
  return {
    connector,
    protocol,
    launch,
    async config() {
      await rotations.settled()
      // What one operation rotated is spent; the next one starts with its successor.
      if (rotations.takeChanged() || isHalfSpent(current, services.now())) await lease.renew()
      return lease.config().reveal()
    },
    async close() {
      services.runs.leases.remove(row.id, held)
      await lease.close()
      await rotations.settled()
    },
  }
}

/** Everything that the broker injects is secret, whatever the connector's schema says. */
function textsIn(value: JsonValue): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null
    ? Object.values(value).flatMap((item) => textsIn(item ?? null))
    : []
}
