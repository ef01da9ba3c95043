import type { RefreshLimits } from '../../grants/refresher.ts'

/** Of servers that will be killed: long enough for a busy machine, short enough that some leases are waited out. */
export const FAULT_LIMITS: RefreshLimits = { lease_ms: 5000, call_ms: 4000, stop_ms: 500 }
