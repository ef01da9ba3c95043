import { createProcessRuntime } from './process/process-runtime.ts'
import type { Runtime } from './runtime.ts'

let runtime: Runtime | null = null

/** The `process` runtime that launches use when they name none: confined as well as this host can. */
export function localRuntime(): Runtime {
  runtime ??= createProcessRuntime()
  return runtime
}
