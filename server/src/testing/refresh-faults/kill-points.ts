import type { RefreshStep } from '../../grants/refresher.ts'

/** Where a server is killed: by itself at a step of the attempt, or from outside while the provider is at it. */
export type KillPoint =
  | { name: string; at: RefreshStep }
  | { name: string; at: 'provider_received' | 'provider_done' }
  | { name: string; at: 'anywhere' }

export const killPoints: KillPoint[] = [
  { name: 'before the call', at: 'before_call' },
  { name: 'during it, before the provider acts', at: 'provider_received' },
  { name: 'during it, when the provider has acted', at: 'provider_done' },
  { name: 'after the reply', at: 'after_reply' },
  { name: 'before the commit', at: 'before_commit' },
  { name: 'after it', at: 'after_commit' },
  { name: 'anywhere', at: 'anywhere' },
]
