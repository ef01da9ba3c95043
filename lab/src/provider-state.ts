// What the authorization server remembers, as the storage adapter of oidc-provider. An artifact's id is, for tokens and
// codes, the secret itself; so only its SHA-256 is kept as the key, and `jti`, the same id in the payload, is taken out
// on the way in and put back on the way out. Memory and file therefore hold no token that could be used. (A device code
// can: it is found by its user code alone. It is no use without the client's authentication, and for ten minutes.)
import { createHash } from 'node:crypto'
import type { Adapter, AdapterPayload } from 'oidc-provider'
import { type Journal, openJournal } from './state-journal.ts'

const SWEEP_EVERY = 1000

interface Entry {
  value: unknown
  expires_at: number | null
}

/** A map with expiry, journaled to a file when it has one. */
export interface ProviderState {
  get(key: string): unknown
  set(key: string, value: unknown, expires_in?: number): void
  delete(key: string): void
  keysOfGrant(model: string, grantId: string): string[]
  close(): void
}

/** State in memory, or in `file` too, from which it is first restored. */
export function openProviderState(file?: string): ProviderState {
  const entries = new Map<string, Entry>()
  const grants = new Map<string, Set<string>>()
  let journal: Journal | null = null
  let writes = 0

  const forget = (key: string) => {
    const grantId = grantOf(entries.get(key)?.value)
    const members = grantId === null ? undefined : grants.get(grantId)
    members?.delete(key)
    if (grantId !== null && members?.size === 0) grants.delete(grantId)
    return entries.delete(key)
  }
  const remember = (key: string, entry: Entry) => {
    forget(key)
    entries.set(key, entry)
    const grantId = grantOf(entry.value)
    if (grantId !== null) grants.set(grantId, (grants.get(grantId) ?? new Set()).add(key))
  }
  const sweep = () => {
    for (const [key, entry] of entries) if (isExpired(entry)) forget(key)
  }

  if (file !== undefined) {
    const opened = openJournal(file, new Date())
    journal = opened.journal
    for (const line of opened.entries.values()) remember(line.key, line)
  }

  return {
    get(key) {
      const entry = entries.get(key)
      return entry === undefined || isExpired(entry) ? undefined : entry.value
    },
    set(key, value, expires_in) {
      const entry = { value, expires_at: expires_in === undefined ? null : epochSeconds() + expires_in }
      remember(key, entry)
      journal?.append({ key, ...entry })
      writes += 1
      if (writes % SWEEP_EVERY === 0) sweep()
    },
    delete(key) {
      if (forget(key)) journal?.append({ key, value: null, expires_at: null })
    },
    keysOfGrant: (model, grantId) => [...(grants.get(grantId) ?? [])].filter((key) => key.startsWith(`${model}:`)),
    close: () => journal?.close(),
  }
}

/** The adapter of one oidc-provider model (`AccessToken`, `Grant`, …) over the shared state. */
export function createAdapter(state: ProviderState, model: string): Adapter {
  const keyOf = (id: string) => `${model}:${createHash('sha256').update(id).digest('base64url')}`
  const uidKeyOf = (uid: string) => `${model}-uid:${uid}`
  const userCodeKeyOf = (code: string) => `${model}-user-code:${code}`

  const find = (key: string) => state.get(key) as AdapterPayload | undefined // only `upsert` below writes these keys

  return {
    async upsert(id, payload, expires_in) {
      const { jti: _, ...kept } = payload
      state.set(keyOf(id), kept, expires_in)
      if (payload.userCode !== undefined) state.set(userCodeKeyOf(payload.userCode), id, expires_in)
      if (model === 'Session' && payload.uid !== undefined) state.set(uidKeyOf(payload.uid), keyOf(id), expires_in)
    },
    async find(id) {
      const payload = find(keyOf(id))
      return payload && { ...payload, jti: id }
    },
    async findByUid(uid) {
      return find(String(state.get(uidKeyOf(uid))))
    },
    async findByUserCode(userCode) {
      const id = state.get(userCodeKeyOf(userCode))
      return typeof id === 'string' ? this.find(id) : undefined
    },
    async consume(id) {
      const payload = find(keyOf(id))
      if (payload === undefined) return
      const expires_in = payload.exp === undefined ? undefined : payload.exp - epochSeconds()
      state.set(keyOf(id), { ...payload, consumed: epochSeconds() }, expires_in)
    },
    async destroy(id) {
      state.delete(keyOf(id))
    },
    async revokeByGrantId(grantId) {
      for (const key of state.keysOfGrant(model, grantId)) state.delete(key)
    },
  }
}

function grantOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !('grantId' in value)) return null
  return typeof value.grantId === 'string' ? value.grantId : null
}

function isExpired(entry: Entry): boolean {
  return entry.expires_at !== null && entry.expires_at <= epochSeconds()
}

function epochSeconds(): number {
  return Math.floor(Date.now() / 1000)
}
