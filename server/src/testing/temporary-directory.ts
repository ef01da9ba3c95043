import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Deferring, defer } from './defer.ts'

/** A directory that is gone after the test. Others may pass through it, as through an ordinary checkout. */
export function temporaryDirectory(t: Deferring): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-test-')))
  chmodSync(directory, 0o755)
  defer(t, () => rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 }))
  return directory
}
