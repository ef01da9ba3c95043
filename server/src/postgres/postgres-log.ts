import { existsSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'

const ROTATE_BYTES = 1024 * 1024

/** Opens the log for appending. At a start, one grown past a mebibyte makes room; one old log is kept. */
export function openPostgresLog(path: string): number {
  if (existsSync(path) && statSync(path).size > ROTATE_BYTES) renameSync(path, `${path}.old`)
  return openSync(path, 'a', 0o600)
}

/** What was logged from byte `offset` on: its last lines. */
export function readLastLines(path: string, offset: number, lines = 10): string {
  if (!existsSync(path)) return ''
  return readFileSync(path).subarray(offset).toString('utf8').trimEnd().split('\n').slice(-lines).join('\n')
}
