// Keeps one grant valid: renewed when a share of its life is gone, by one call at a time whoever asks.
import type { LeasedGrant } from './leased-grant.ts'

/** The share of a token's remaining life after which it is renewed. */
const RENEW_AFTER = 0.6
const RETRY_SHARE = 0.05
const RETRY_MIN_MS = 250
const LONGEST_TIMER_MS = 2 ** 31 - 1

export interface Renewal {
  /** The grant as it is now. */
  current(): LeasedGrant
  /** One that still lives a while, renewed first where it must be. @throws what `renew` throws, once it has expired */
  fresh(): Promise<LeasedGrant>
  /** Renews whatever the age. @throws what `renew` throws */
  renew(): Promise<LeasedGrant>
  close(): void
}

export function keepRenewed(options: {
  grant: LeasedGrant
  renew(): Promise<LeasedGrant>
  /** Hears each new grant before anybody else gets it. */
  onRenewed(grant: LeasedGrant): Promise<void>
  now(): Date
}): Renewal {
  let grant = options.grant
  let due = dueAt(grant, options.now())
  let timer: NodeJS.Timeout | undefined
  let renewing: Promise<LeasedGrant> | null = null
  let isOpen = true

  const renew = async (): Promise<LeasedGrant> => {
    const renewed = await options.renew()
    grant = renewed
    due = dueAt(grant, options.now())
    await options.onRenewed(renewed)
    return renewed
  }
  const once = (): Promise<LeasedGrant> => {
    renewing ??= renew().finally(() => {
      renewing = null
      schedule()
    })
    return renewing
  }
  const schedule = (failed = false) => {
    clearTimeout(timer)
    if (!isOpen || due === null) return
    const left = (grant.expires_at?.getTime() ?? 0) - options.now().getTime()
    const wait = failed ? Math.max(RETRY_MIN_MS, left * RETRY_SHARE) : Math.max(0, due - options.now().getTime())
    timer = setTimeout(() => void once().catch(() => schedule(true)), Math.min(wait, LONGEST_TIMER_MS))
    timer.unref()
  }
  schedule()

  return {
    current: () => grant,
    async fresh() {
      if (due === null || options.now().getTime() < due) return grant
      try {
        return await once()
      } catch (error) {
        // Renewed in good time, so that a failure need not be felt before the expiry.
        if (grant.expires_at && options.now() < grant.expires_at) return grant
        throw error
      }
    },
    renew: once,
    close() {
      isOpen = false
      clearTimeout(timer)
    },
  }
}

/** Null: it need never be renewed, as far as anybody says. */
function dueAt({ expires_at }: LeasedGrant, now: Date): number | null {
  return expires_at ? now.getTime() + (expires_at.getTime() - now.getTime()) * RENEW_AFTER : null
}
