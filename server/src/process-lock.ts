// A lock file that one running process owns. It survives nothing: a dead owner's file is taken over.
//
// Taking over must not race. Two starters may both read a dead owner X; if each removed the file and made its own, the
// second would remove the first one's. So only the holder of a second lock, named after X, may replace X's file, and it
// looks again before it does. That second lock is of the same kind, so a death in the middle heals the same way.
import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts'

export interface ProcessLock {
  path: string
  release(): void
}

interface Claim extends ProcessIdentity {
  claim_id: string
}

/** The lock, or the running process that owns it. */
export type ProcessLockResult = { lock: ProcessLock; owner: null } | { lock: null; owner: ProcessIdentity }

const TAKEOVER_POLL_MS = 5

/** Takes the lock at `path`, also from an owner that no longer runs. Does not wait for one that does. */
export async function acquireProcessLock(path: string): Promise<ProcessLockResult> {
  const claim = ownClaim()
  const draft = `${path}.${claim.claim_id}`
  // Written beside and linked into place: whoever sees the lock sees its whole content.
  writeFileSync(draft, JSON.stringify(claim), { mode: 0o600, flag: 'wx' })
  try {
    for (;;) {
      if (linkIfFree(draft, path)) return { lock: ownedLock(path, claim), owner: null }
      const current = readClaim(path)
      if (current === 'free') continue
      if (current !== 'unreadable' && isRunning(current)) return { lock: null, owner: current }
      if (await replaceDead(path, current, draft)) return { lock: ownedLock(path, claim), owner: null }
    }
  } finally {
    rmSync(draft, { force: true })
  }
}

async function replaceDead(path: string, dead: Claim | 'unreadable', draft: string): Promise<boolean> {
  const takeover = await acquireProcessLock(`${path}.after-${claimId(dead)}`)
  if (takeover.lock === null) {
    await delay(TAKEOVER_POLL_MS)
    return false
  }
  try {
    const current = readClaim(path)
    if (current === 'free' || claimId(current) !== claimId(dead)) return false
    renameSync(draft, path)
    return true
  } finally {
    takeover.lock.release()
  }
}

function ownedLock(path: string, claim: Claim): ProcessLock {
  return {
    path,
    release() {
      const current = readClaim(path)
      if (current !== 'free' && claimId(current) === claim.claim_id) rmSync(path, { force: true })
    },
  }
}

function ownClaim(): Claim {
  const identity = identifyProcess(process.pid) ?? { pid: process.pid, started: '', boot: '' }
  return { ...identity, claim_id: randomUUID() }
}

function claimId(claim: Claim | 'unreadable'): string {
  return claim === 'unreadable' ? claim : claim.claim_id
}

/** A lock cut short by a power failure is `unreadable`: a running owner's is always whole. */
function readClaim(path: string): Claim | 'free' | 'unreadable' {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'free'
    throw error
  }
  try {
    const { pid, started, boot, claim_id } = JSON.parse(text)
    const whole = Number.isInteger(pid) && [started, boot, claim_id].every((field) => typeof field === 'string')
    return whole && /^[0-9a-f-]{36}$/.test(claim_id) ? { pid, started, boot, claim_id } : 'unreadable'
  } catch {
    return 'unreadable'
  }
}

function linkIfFree(draft: string, path: string): boolean {
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}
