// The browser of the browser tests: the machine's, or the one that `infra/ci-setup.sh` brought.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { checkout } from './checkout.ts'

/**
 * Path of a Chromium that starts on this machine. Brings one when there is none, which takes a minute.
 *
 * @throws Error that says what was tried, when none can be had.
 */
export async function chromiumPath(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('bash', [`${checkout}/infra/ci-setup.sh`], { cwd: checkout })
    const path = stdout.trim().split('\n').at(-1)
    if (path) return path
    throw new Error('infra/ci-setup.sh named no browser.')
  } catch (cause) {
    const { stderr } = cause as { stderr?: string }
    throw new Error(`The browser tests have no Chromium.\n${stderr?.trim() || String(cause)}`, { cause })
  }
}
