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
  now?(): Date
}

export interface Lease {
  /** The config as the connector gets it when it starts. */
  config(): Secret<JsonObject>
  /** The grant as the connector gets it when it starts. */
  grant(): LeasedGrant
  /** Where a connector may ask for its token while it runs. */
  endpoint: { url: string; bearer: Secret<string> }
  /** Keeps what a running program has of the grant valid until the program ends. */
  follow(program: RunningProgram, options: FollowOptions): void
  /** Takes the grant as it is now: it may have been changed by others. */
  renew(): Promise<void>
  /** Takes over what the running programs have rotated, without waiting for the next renewal. */
  collect(): Promise<void>
  close(): Promise<void>
}

export interface FollowOptions {
  /** The file of its private directory that holds its config, and what it held at the start. */
  file?: { name: string; config: JsonObject }
  /** Hears each new grant before the program has it, so that its output can be redacted against it. */
  onRenewed?(grant: LeasedGrant): void | Promise<void>
}

interface Followed {
  program: RunningProgram
  onRenewed: FollowOptions['onRenewed']
  /** `config`: what was last written there, or taken over from the connector. */
  file: FollowOptions['file']
}

/** Opens a lease for one run. Close it when the run is over. */
export async function openLease(options: LeaseOptions): Promise<Lease> {
  const now = options.now ?? (() => new Date())
  const followed = new Set<Followed>()
  const configOf = (base: Secret<JsonObject>, { credentials }: LeasedGrant) =>
    placeCredentials(base, credentials, options.place)

  const catchUp = async (entry: Followed) => {
    const grant = renewal.current()
    if (grant === options.grant) return
    await entry.onRenewed?.(grant)
    if (!(await takeOver(entry, options))) await rewrite(entry, (config) => configOf(config, grant))
  }

  const renewal = keepRenewed({
    grant: options.grant,
    now,
    async renew() {
      // A token that the connector rotated must be known before the grant is refreshed with an older one.
      for (const entry of followed) await takeOver(entry, options)
      return await options.renew()
    },
    async onRenewed(grant) {
      for (const entry of followed) {
        await entry.onRenewed?.(grant)
        // What it rotated in the meantime is its own to keep; whoever hears of it settles which token is the grant's.
        if (!(await takeOver(entry, options))) await rewrite(entry, (config) => configOf(config, grant))
      }
    },
  })
  const endpoint = await openLeaseEndpoint(renewal.fresh, now)

  return {
    config: () => configOf(options.config, renewal.current()),
    grant: renewal.current,
    endpoint: { url: endpoint.url, bearer: endpoint.bearer },
    follow(program, following) {
      const { file, onRenewed } = following
      const entry: Followed = { program, onRenewed, file: file && { ...file } }
      followed.add(entry)
      // The grant may have been renewed between the writing of the file and this.
      void catchUp(entry).catch(() => {})
      void program.exited.then(() => followed.delete(entry))
    },
    async renew() {
      await renewal.renew()
    },
    async collect() {
      for (const entry of followed) await takeOver(entry, options)
    },
    async close() {
      renewal.close()
      followed.clear()
      await endpoint.close()
    },
  }
}

/** @returns whether the connector had written something of its own */
async function takeOver({ program, file }: Followed, { onRotation }: LeaseOptions): Promise<boolean> {
  if (!file) return false
  const found = parseObject(await program.readFile(file.name))
  // A file that is being rewritten may be half there; it is read again at the end of the program.
  if (!found || isDeepStrictEqual(found, file.config)) return false
  file.config = found
  await onRotation?.(secret(found))
  return true
}

async function rewrite(
  { program, file }: Followed,
  renewed: (config: Secret<JsonObject>) => Secret<JsonObject>,
): Promise<void> {
  if (!file) return
  const config = renewed(secret(file.config)).reveal()
  if (isDeepStrictEqual(config, file.config)) return
  file.config = config
  await program.writeFile(file.name, secret(JSON.stringify(config)))
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
