// A running connector's live view of its credentials: a config file that is rewritten before the token in it expires,
// and a loopback endpoint that always answers with a valid one. What the connector rotates by itself goes the other way.
import { isDeepStrictEqual } from 'node:util'
import { isJsonObject, type JsonObject, type JsonValue, type Secret, secret } from '@sluice/connector-specs'
import type { RunningProgram } from '../runtime/runtime.ts'
import { openLeaseEndpoint } from './lease-endpoint.ts'
import type { LeasedGrant } from './leased-grant.ts'
import { type CredentialsPlace, placeCredentials } from './place-credentials.ts'
import { keepRenewed } from './renewal.ts'

export interface LeaseOptions {
  /** The connector's config, with or without credentials. */
  config: Secret<JsonObject>
  grant: LeasedGrant
  place: CredentialsPlace
  /** Gives a grant that lives longer. Never called twice at once. */
  renew(): Promise<LeasedGrant>
  /** Hears the whole config that the connector wrote itself, before anything is renewed or written over it. */
  onRotation?(config: Secret<JsonObject>): void | Promise<void>
  /** Hears each new grant before the connector has it, so that its output can be redacted against it. */
  onRenewed?(grant: LeasedGrant): void
  now?(): Date
}

export interface Lease {
  /** The config as the connector gets it when it starts. */
  config(): Secret<JsonObject>
  /** Where a connector may ask for its token while it runs. */
  endpoint: { url: string; bearer: Secret<string> }
  /** Keeps the config in a file of the running program valid until the program ends. */
  follow(program: RunningProgram, file: string): void
  close(): Promise<void>
}

interface Followed {
  program: RunningProgram
  file: string
  /** What was last written here, or taken over from the connector. */
  known: JsonObject
}

/** Opens a lease for one run. Close it when the run is over. */
export async function openLease(options: LeaseOptions): Promise<Lease> {
  const now = options.now ?? (() => new Date())
  const followed = new Set<Followed>()
  const configOf = (base: Secret<JsonObject>, { credentials }: LeasedGrant) =>
    placeCredentials(base, credentials, options.place)

  const renewal = keepRenewed({
    grant: options.grant,
    now,
    async renew() {
      // A token that the connector rotated must be known before the grant is refreshed with an older one.
      for (const entry of followed) await takeOver(entry, options)
      return await options.renew()
    },
    async onRenewed(grant) {
      options.onRenewed?.(grant)
      for (const entry of followed) await rewrite(entry, (known) => configOf(known, grant))
    },
  })
  const endpoint = await openLeaseEndpoint(renewal.fresh, now)

  return {
    config: () => configOf(options.config, renewal.current()),
    endpoint: { url: endpoint.url, bearer: endpoint.bearer },
    follow(program, file) {
      const entry: Followed = { program, file, known: configOf(options.config, renewal.current()).reveal() }
      followed.add(entry)
      void program.exited.then(() => followed.delete(entry))
    },
    async close() {
      renewal.close()
      followed.clear()
      await endpoint.close()
    },
  }
}

async function takeOver(entry: Followed, { onRotation }: LeaseOptions): Promise<void> {
  const found = parseObject(await entry.program.readFile(entry.file))
  // A file that is being rewritten may be half there; it is read again at the end of the program.
  if (!found || isDeepStrictEqual(found, entry.known)) return
  entry.known = found
  await onRotation?.(secret(found))
}

async function rewrite(entry: Followed, renew: (known: Secret<JsonObject>) => Secret<JsonObject>): Promise<void> {
  const config = renew(secret(entry.known))
  if (isDeepStrictEqual(config.reveal(), entry.known)) return
  entry.known = config.reveal()
  await entry.program.writeFile(entry.file, secret(JSON.stringify(config.reveal())))
}

function parseObject(content: Buffer | null): JsonObject | null {
  if (!content) return null
  try {
    const value = JSON.parse(content.toString('utf8')) as JsonValue // what JSON.parse gives is JSON
    return isJsonObject(value) ? value : null
  } catch {
    return null
  }
}
