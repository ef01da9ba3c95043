// A program for tests: tries for the lock at the path named first, prints `held` or the owner's pid, and keeps what it
// has until its standard input ends.
import { acquireProcessLock } from '../process-lock.ts'

const [path = ''] = process.argv.slice(2)
const { lock, owner } = await acquireProcessLock(path)
process.stdout.write(`${lock === null ? owner.pid : 'held'}\n`)
process.stdin.resume()
process.stdin.once('end', () => lock?.release())
