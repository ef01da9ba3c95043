// What a run's connector rotates by itself finds its way back: into the grant, or into the config where there is none.
import { readPointer, writePointer } from '@sluice/connector-specs'
import { type JsonObject, type JsonValue, type Secret, secret } from '@sluice/oauth'
import { type ConnectionRow, findConnection, openConfig, sealConfig } from '../connections/connection.ts'
import type { DescribedConnector } from '../connectors/connector-catalogue.ts'
import { type Adoption, adoptRotation } from '../grants/adopt-rotation.ts'
import type { Grant } from '../grants/grant.ts'
import type { Services } from '../services.ts'
import type { RunRotation } from './run-outcome.ts'

export interface Rotations {
  /** Hears a whole config as the connector has it now. */
  heard(config: Secret<JsonObject>): Promise<void>
  /** Says that the connector was given these tokens. */
  gave(grant: Grant): void
  /** Resolves when everything heard has found its place. */
  settled(): Promise<void>
  /** The tokens that the connector was given or gave itself, and since when. */
  given(): { tokens: string[]; at: Date }
  /** Whether everything heard could be stored so far. */
  stored(): boolean
  /** Whether something was adopted since it was asked last. */
  takeChanged(): boolean
}

export interface RotationOptions {
  run_id: string
  row: ConnectionRow
  connector: DescribedConnector
  /** As the connector was started with it. */
  config: JsonObject
  /** Where the grant's credentials stand in it; null where there is no grant. */
  pointers: Record<string, string> | null
  onRotation(rotation: RunRotation): void
  /** Tokens that the connector was given, and when: for one that another process started. */
  given?: { tokens: readonly string[]; at: Date }
}

export function followRotations(services: Services, options: RotationOptions): Rotations {
  const { row, onRotation } = options
  const held = new Set(options.given?.tokens)
  let since = options.given?.at ?? services.now()
  let last = options.config
  let working = Promise.resolve()
  let changed = false
  let stored = true

  const hear = async (config: JsonObject) => {
    try {
      const outcome =
        options.pointers === null
          ? await adoptConfig(services, row, { before: last, after: config })
          : await adoptCredentials(config, options.pointers)
      last = config
      changed ||= outcome === 'adopted'
      if (outcome !== 'known') await rememberRotation(services, row)
      if (outcome !== 'known') onRotation({ ...told(outcome), connection_id: row.id, at: services.now().toISOString() })
    } catch (error) {
      stored = false
      services.log.error({ run_id: options.run_id, error_name: nameOf(error) }, 'a rotation could not be stored')
      onRotation({ connection_id: row.id, outcome: 'failed', message: FAILED, at: services.now().toISOString() })
    }
  }

  async function adoptCredentials(config: JsonObject, pointers: Record<string, string>): Promise<Adoption> {
    const credentials: JsonObject = {}
    for (const [name, pointer] of Object.entries(pointers)) {
      const value = readPointer(config, pointer)
      if (isLeaf(value)) credentials[name] = value
    }
    // What it was given, or was heard of before, is no rotation.
    const texts = Object.values(credentials).filter((value) => typeof value === 'string')
    const { oauth } = options.connector
    if (oauth === null || !texts.some((value) => value !== '' && !held.has(value))) return 'known'
    const outcome = await adoptRotation(services, row, oauth.plan, {
      run_id: options.run_id,
      credentials: secret(credentials),
      held,
      since,
    })
    for (const value of texts) held.add(value)
    since = services.now()
    return outcome
  }

  return {
    heard(config) {
      working = working.then(() => hear(config.reveal()))
      return working
    },
    gave({ access_token, refresh_token, credentials }) {
      held.add(access_token.reveal())
      if (refresh_token !== null) held.add(refresh_token.reveal())
      for (const value of Object.values(credentials.reveal())) if (typeof value === 'string') held.add(value)
      since = services.now()
    },
    settled: () => working,
    given: () => ({ tokens: [...held], at: since }),
    stored: () => stored,
    takeChanged() {
      const was = changed
      changed = false
      return was
    },
  }
}

async function rememberRotation({ db }: Services, row: ConnectionRow): Promise<void> {
  await db
    .updateTable('connections')
    .set({ rotated_by_connector: true })
    .where('tenant_id', '=', row.tenant_id)
    .where('id', '=', row.id)
    .where('rotated_by_connector', '=', false)
    .execute()
}

/** Credentials that stand in the config itself: the fields that changed are put into the connection's own. */
async function adoptConfig(
  services: Services,
  row: ConnectionRow,
  { before, after }: { before: JsonObject; after: JsonObject },
): Promise<Adoption> {
  const changed = changes(before, after)
  if (changed.length === 0) return 'known'
  const current = await findConnection(services, row.tenant_id, row.id)
  const config = await openConfig(services, current)
  if (changed.every(([pointer, , value]) => readPointer(config, pointer) === value)) return 'known'
  if (changed.some(([pointer, value]) => readPointer(config, pointer) !== value)) return 'conflict'
  for (const [pointer, , value] of changed) writePointer(config, pointer, value)
  const { numUpdatedRows } = await services.db
    .updateTable('connections')
    .set({ config_sealed: await sealConfig(services.keys, row, config), updated_at: services.now() })
    .where('tenant_id', '=', row.tenant_id)
    .where('id', '=', row.id)
    .where('config_sealed', '=', current.config_sealed)
    .executeTakeFirst()
  return numUpdatedRows === 1n ? 'adopted' : 'conflict'
}

/** Leaves of `after` that differ: pointer, what was, what is. */
function changes(before: JsonValue, after: JsonValue, pointer = ''): [string, JsonValue | undefined, JsonValue][] {
  if (typeof after === 'object' && after !== null && !Array.isArray(after)) {
    const earlier = typeof before === 'object' && before !== null && !Array.isArray(before) ? before : {}
    return Object.entries(after).flatMap(([key, item]) => {
      const at = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
      if (item === undefined) return []
      const was = earlier[key]
      return was === undefined && isLeaf(item) ? [[at, undefined, item]] : changes(was ?? null, item, at)
    })
  }
  return isLeaf(after) && after !== before ? [[pointer, before, after]] : []
}

const isLeaf = (value: JsonValue | undefined): value is string | number =>
  typeof value === 'string' || typeof value === 'number'

function told(outcome: 'adopted' | 'conflict'): Pick<RunRotation, 'outcome' | 'message'> {
  return { outcome, message: outcome === 'adopted' ? ADOPTED : CONFLICT }
}

const ADOPTED = 'The connector rotated its tokens by itself; the connection has the new ones.'
const CONFLICT =
  'The connector rotated its tokens by itself, but the connection’s had moved on without it. The connection keeps its ' +
  'own; if the provider then refuses them, the person must authorize again.'
const FAILED = 'The connector rotated its tokens by itself, and they could not be stored. Test the connection.'

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error
}
