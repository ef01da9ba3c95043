import { chmodSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/** Makes `path` and its missing ancestors with exactly this mode, whatever the umask. Leaves existing ones alone. */
export function makeDirectory(path: string, mode: number): void {
  const first = mkdirSync(path, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  for (let made = path; ; made = dirname(made)) {
    chmodSync(made, mode)
    if (made === first || made === dirname(made)) return
  }
}
