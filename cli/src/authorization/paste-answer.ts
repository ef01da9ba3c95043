// The redirected address, brought by the person: copied from the browser of another machine, where it led nowhere.
import { text } from '@clack/prompts'
import type { Callback } from '../callback/callback-listener.ts'
import { type Ignored, judgeRequest } from '../callback/judge-request.ts'
import { CliError } from '../cli-error.ts'
import type { Terminal } from '../terminal.ts'

export interface ExpectedAddress {
  redirect_uri: string
  state: string
  /** What the provider calls it. */
  state_name: string
}

const FAULTS: Partial<Record<Ignored, string>> = {
  no_state: 'This address carries no state. Copy it whole, from the address bar after the consent.',
  wrong_state: 'This answer belongs to another try. Open the address that is shown above.',
}

/** Asks on the terminal until the address fits; null when something else has answered meanwhile. */
export async function askForAddress(
  expected: ExpectedAddress,
  _terminal: Terminal,
  over: AbortSignal,
): Promise<Callback | null> {
  const answer = await text({
    message: 'Or paste the address that the browser was sent to in the end',
    placeholder: `${expected.redirect_uri}?code=…`,
    output: process.stderr,
    signal: over,
    validate: (value) => {
      const found = judge(value ?? '', expected)
      return typeof found === 'string' ? found : undefined
    },
  })
  if (over.aborted) return null
  if (typeof answer === 'symbol') throw new CliError('interrupted', 'Given up. Nothing is left running.')
  return callbackOf(answer, expected)
}

/** Reads lines of stdin until one fits. @throws CliError `usage` when stdin ends before */
export async function readAddress(expected: ExpectedAddress, terminal: Terminal): Promise<Callback | null> {
  for await (const line of terminal.readLines()) {
    const found = judge(line, expected)
    if (typeof found !== 'string') return callbackOf(line, expected)
    terminal.tell(terminal.paint('dim', found))
  }
  throw new CliError('usage', 'No redirected address came by stdin.', {
    next_action: 'Paste the whole address that the browser was sent to, and end the line.',
  })
}

/** The answer's parameters, or what is wrong with the text. Nothing of it is quoted: it holds a code. */
function judge(pasted: string, { redirect_uri, state, state_name }: ExpectedAddress): URLSearchParams | string {
  const [redirect, address] = [new URL(redirect_uri), URL.parse(pasted.trim())]
  if (address?.origin !== redirect.origin || address.pathname !== redirect.pathname) {
    return `This is not the redirected address, which begins with ${redirect_uri}`
  }
  const found = judgeRequest(
    { method: 'GET', target: `${address.pathname}${address.search}`, host: address.host },
    { path: redirect.pathname, hosts: [redirect.host], state, state_name },
  )
  return typeof found === 'string' ? (FAULTS[found] ?? 'This address is not the answer that is waited for.') : found
}

function callbackOf(pasted: string, expected: ExpectedAddress): Callback | null {
  const parameters = judge(pasted, expected)
  // There is no browser here that waits for a page.
  return typeof parameters === 'string' ? null : { parameters, answer: async () => {} }
}
