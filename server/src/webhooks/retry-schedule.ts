// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#deliverability-and-reliability
const DELAYS_S = [5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600]
const LONGEST_S = 24 * 3600
const JITTER = 0.2

/**
 * Seconds until the next attempt after so many have failed, or null when that was the last: ten attempts in some three
 * days, spread by a fifth to either side so that many deliveries do not come back at once.
 *
 * @param random 0 to 1
 */
export function nextAttemptIn(failed: number, retryAfter: number, random: number): number | null {
  const delay = DELAYS_S[failed - 1]
  if (delay === undefined) return null
  const spread = delay * (1 - JITTER + 2 * JITTER * random)
  return Math.max(spread, Math.min(retryAfter, LONGEST_S))
}
