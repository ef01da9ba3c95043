// How a launch with a lease differs: the connector is told where to ask for its token, and its config file is followed.
import { join } from 'node:path'
import type { JsonObject, JsonValue, Secret } from '@sluice/connector-specs'
import type { Redactor } from '../redactor.ts'
import type { RunningProgram, Runtime } from '../runtime/runtime.ts'
import type { Lease } from './open-lease.ts'

/** The protocols' name for the file that holds the config. */
export const CONFIG_FILE = 'config.json'
const LEASE_FILE = 'sluice-lease.json'

/** What a leased program gets beside its own: `SLUICE_LEASE` names the file that tells address and bearer. */
export interface LeaseAdditions {
  env: Record<string, string>
  files: Record<string, Secret<string> | string>
}

/** The endpoint is on this machine's loopback, so other runtimes have the followed file alone. */
export function leaseAdditions(lease: Lease | undefined, runtime: Runtime, directory: string): LeaseAdditions {
  if (!lease || runtime.name !== 'process') return { env: {}, files: {} }
  const { url, bearer } = lease.endpoint
  return {
    env: { SLUICE_LEASE: join(directory, LEASE_FILE) },
    files: { [LEASE_FILE]: JSON.stringify({ url, authorization: `Bearer ${bearer.reveal()}` }) },
  }
}

/** Follows the program, and has the redactor learn each token before the program has it. */
export function followLaunch(
  lease: Lease | undefined,
  program: RunningProgram,
  files: Record<string, string>,
  redactor: Redactor,
  onRenewed: () => Promise<void>,
): void {
  if (!lease) return
  const config = files[CONFIG_FILE]
  redactor.add([lease.endpoint.bearer.reveal()])
  lease.follow(program, {
    // Written by a protocol out of a config.
    ...(config !== undefined && { file: { name: CONFIG_FILE, config: JSON.parse(config) as JsonObject } }),
    async onRenewed({ access_token, credentials }) {
      redactor.add([access_token.reveal(), ...textsIn(credentials.reveal())])
      await onRenewed()
    },
  })
}

function textsIn(value: JsonValue): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap((item) => textsIn(item ?? null))
}
