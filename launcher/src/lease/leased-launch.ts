// How a launch with a lease differs: a file of the connector's holds its token and is followed, and so is its config file.
import { join } from 'node:path'
import { type JsonObject, type JsonValue, type Secret, secret } from '@sluice/connector-specs'
import type { Redactor } from '../redactor.ts'
import type { RunningProgram, Runtime } from '../runtime/runtime.ts'
import type { LeasedGrant } from './leased-grant.ts'
import type { Lease } from './open-lease.ts'

/** The protocols' name for the file that holds the config. */
export const CONFIG_FILE = 'config.json'
const LEASE_FILE = 'sluice-lease.json'

/** What a leased program gets beside its own: `SLUICE_LEASE` names the file that holds its token for as long as it runs. */
export interface LeaseAdditions {
  env: Record<string, string>
  files: Record<string, Secret<string> | string>
}

export function leaseAdditions(lease: Lease | undefined, runtime: Runtime, directory: string): LeaseAdditions {
  if (!lease) return { env: {}, files: {} }
  return {
    env: { SLUICE_LEASE: join(directory, LEASE_FILE) },
    files: { [LEASE_FILE]: leaseFile(lease, lease.grant(), runtime) },
  }
}

/** The endpoint is on this machine's loopback, so that programs of other runtimes are told the token alone. */
function leaseFile({ endpoint }: Lease, { access_token, expires_at }: LeasedGrant, runtime: Runtime): Secret<string> {
  const { url, bearer } = endpoint
  return secret(
    JSON.stringify({
      access_token: access_token.reveal(),
      token_type: 'Bearer',
      expires_at: expires_at?.toISOString() ?? null,
      ...(runtime.name === 'process' && { url, authorization: `Bearer ${bearer.reveal()}` }),
    }),
  )
}

/** Follows the program, and has the redactor learn each token before the program has it. */
export function followLaunch(
  lease: Lease | undefined,
  program: RunningProgram,
  { files, redactor, runtime, onRenewed }: Following,
): void {
  if (!lease) return
  const config = files[CONFIG_FILE]
  const learn = ({ access_token, credentials }: LeasedGrant) =>
    redactor.add([access_token.reveal(), ...textsIn(credentials.reveal())])
  redactor.add([lease.endpoint.bearer.reveal()])
  learn(lease.grant())
  lease.follow(program, {
    // Written by a protocol out of a config.
    ...(config !== undefined && { file: { name: CONFIG_FILE, config: JSON.parse(config) as JsonObject } }),
    async onRenewed(grant) {
      learn(grant)
      await onRenewed()
      await program.writeFile(LEASE_FILE, leaseFile(lease, grant, runtime))
    },
  })
}

interface Following {
  /** What the protocol put into the private directory. */
  files: Record<string, string>
  redactor: Redactor
  runtime: Runtime
  /** Called before the program has a new token. */
  onRenewed(): Promise<void>
}

function textsIn(value: JsonValue): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap((item) => textsIn(item ?? null))
}
