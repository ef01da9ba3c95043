import { type Config, REGIONS } from './config.ts'
import type { LabApi, LabRecord } from './lab-api.ts'

export interface Binding {
  index: number
  stream: string
  state_key: string
}

/** How far a stream was read: the last change seen, and the records that changed at that very instant. */
export interface StreamState {
  updated_at: string
  ids: string[]
}

export type StreamStates = Record<string, StreamState>

export interface CaptureOutput {
  document(binding: number, document: LabRecord): Promise<void>
  /** `updated` holds the states of the streams that moved. */
  checkpoint(updated: StreamStates): Promise<void>
}

/**
 * Reads every page of every stream from its state on, one page of each stream in turn and a checkpoint after each turn.
 * Returns the states reached.
 */
export async function sweep(
  api: LabApi,
  config: Config,
  bindings: readonly Binding[],
  states: StreamStates,
  output: CaptureOutput,
): Promise<StreamStates> {
  const reached = { ...states }
  let open = bindings.map((binding) => ({ binding, cursor: '', from: reached[binding.state_key] }))
  while (open.length > 0) {
    const moved: StreamStates = {}
    const next: typeof open = []
    for (const { binding, cursor, from } of open) {
      const { data, next_cursor } = await api.page(binding.stream, query(config, cursor, from))
      for (const record of data) {
        if (from?.updated_at === record.updated_at && from.ids.includes(record.id)) continue
        if (isWanted(config, binding.stream, record)) await output.document(binding.index, shape(config, record))
        moved[binding.state_key] = advance(moved[binding.state_key] ?? reached[binding.state_key], record)
      }
      if (next_cursor !== null) next.push({ binding, cursor: next_cursor, from })
    }
    if (Object.keys(moved).length > 0) {
      Object.assign(reached, moved)
      await output.checkpoint(moved)
    }
    open = next
  }
  return reached
}

function query(config: Config, cursor: string, from: StreamState | undefined): Record<string, string> {
  const since = from?.updated_at ?? (config.history === 'since' ? config.start_date : undefined)
  return {
    limit: String(config.page_size ?? 100),
    ...(cursor ? { cursor } : {}),
    ...(since ? { updated_since: since } : {}),
  }
}

function advance(state: StreamState | undefined, { id, updated_at }: LabRecord): StreamState {
  if (state?.updated_at !== updated_at) return { updated_at, ids: [id] }
  return { updated_at, ids: [...state.ids, id] }
}

function isWanted(config: Config, stream: string, record: LabRecord): boolean {
  const region = config.region && config.region !== 'all' ? REGIONS[config.region] : null
  if (stream === 'customers') return !region || region.countries.includes(String(record.country))
  const { orders } = config
  if (orders?.sync === 'skip') return false
  if (orders?.status && orders.status !== 'any' && record.status !== orders.status) return false
  return !region || region.currencies.includes(String(record.currency))
}

function shape(config: Config, record: LabRecord): LabRecord {
  if (!config.leave_out_emails) return record
  const { email: _email, ...rest } = record
  return { ...rest, id: record.id, updated_at: record.updated_at }
}
