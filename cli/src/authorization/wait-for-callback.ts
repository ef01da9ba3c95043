import { once } from 'node:events'
import type { Callback, CallbackListener } from '../callback/callback-listener.ts'
import { CliError } from '../cli-error.ts'

/** @throws CliError `timeout`, or the reason with which `signal` was aborted. */
export async function waitForCallback(
  listener: CallbackListener,
  { timeout, signal }: { timeout: number; signal: AbortSignal },
): Promise<Callback> {
  const deadline = AbortSignal.timeout(timeout)
  const over = AbortSignal.any([deadline, signal])
  const ended = over.aborted ? Promise.resolve() : once(over, 'abort')
  const callback = await Promise.race([listener.callback, ended.then(() => null)])
  if (callback !== null) return callback
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
