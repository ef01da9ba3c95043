import { once } from 'node:events'
import type { Callback } from '../callback/callback-listener.ts'
import { CliError } from '../cli-error.ts'

export interface Waiting {
  /** Milliseconds. */
  timeout: number
  signal: AbortSignal
  /** Another way for the answer to come; called off by its signal. Null: there is none. */
  also?: ((over: AbortSignal) => Promise<Callback | null>) | null
}

/** @throws CliError `timeout`, or the reason with which `signal` was aborted. */
export async function waitForCallback(
  listener: { redirect_uri: string; callback: Promise<Callback> },
  { timeout, signal, also = null }: Waiting,
): Promise<Callback> {
  const deadline = AbortSignal.timeout(timeout)
  const answered = new AbortController()
  const over = AbortSignal.any([deadline, signal])
  const ended = over.aborted ? Promise.resolve() : once(over, 'abort')
  const other = also?.(AbortSignal.any([over, answered.signal]))
  const ways = [listener.callback, ...(other ? [other] : []), ended.then(() => null)]
  try {
    const callback = await Promise.race(ways)
    if (callback !== null) return callback
  } finally {
    answered.abort()
    // The prompt gives the terminal back before anything else is told.
    await other?.catch(() => {})
  }
  signal.throwIfAborted()
  throw new CliError('timeout', `No answer came within ${spell(timeout)}.`, {
    next_action:
      'Run the command again and finish in the browser, or allow more time by --timeout. If the browser showed an\n' +
      `error of the provider, check that ${listener.redirect_uri} is registered there as the redirect URI.`,
  })
}

export function spell(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000)
  const [amount, unit] = seconds % 60 === 0 ? [seconds / 60, 'minute'] : [seconds, 'second']
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`
}
