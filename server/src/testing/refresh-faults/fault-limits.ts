import type { RefreshLimits } from '../../grants/refresher.ts'

/** Short, because each death is waited for until its lease is over. */
export const FAULT_LIMITS: RefreshLimits = { lease_ms: 1500, call_ms: 1000, stop_ms: 500 }
