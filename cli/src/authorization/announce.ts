import type { OAuthPlan } from '@sluice/oauth'
import type { CallbackListener } from '../callback/callback-listener.ts'
import type { Ignored } from '../callback/judge-request.ts'
import { printable } from '../printable.ts'
import type { Terminal } from '../terminal.ts'
import type { RedirectChoice } from './redirect-uri.ts'
import { spell } from './wait-for-callback.ts'

/** The port that flowctl uses too, and that providers therefore know. */
const USUAL_PORT = 16963

export interface Announcement {
  /** The capture's name. */
  task: string
  plan: OAuthPlan
  listener: Pick<CallbackListener, 'redirect_uri' | 'port' | 'addresses'>
  client_id: string
  url: string
  options: RedirectChoice & { port: number; timeout: number }
}

/** What a person needs before they go to the browser. */
export function announce({ task, plan, listener, client_id, url, options }: Announcement, terminal: Terminal): void {
  const until = new Date(Date.now() + options.timeout).toTimeString().slice(0, 8)
  terminal.note(`${printable(task)}: provider ${printable(plan.provider)}, client ${printable(client_id)}`)
  const how =
    listener.addresses.length === 0
      ? 'nothing listens there: copy the address that the browser ends at'
      : `listening on ${listener.addresses.join(' and ')}, port ${listener.port}`
  terminal.note(`Redirect URI ${listener.redirect_uri} (${how})`)
  if (options.redirectUri === undefined && (options.port !== USUAL_PORT || options.redirectHost !== 'localhost')) {
    terminal.note(
      `${terminal.paint('yellow', 'note:')} the provider must know this redirect URI; the usual one is http://localhost:${USUAL_PORT}/`,
    )
  }
  terminal.tell(`\nOpen this address and allow the access:\n\n  ${terminal.paint('bold', url)}\n`)
  terminal.note(`Waiting ${spell(options.timeout)}, until ${until}. Ctrl-C gives up.`)
}

const IGNORED_NOTES: Partial<Record<Ignored, string>> = {
  other_host: 'a request under another host name (a tunnel needs --redirect-uri)',
  no_state: 'an answer without the state that was sent; does the provider return it?',
  wrong_state: 'an answer with another state, perhaps of an earlier try',
  other_user: 'an answer from a process of another user',
  second: 'a second answer',
}

/** Says each kind once: a page could send them without end. */
export function tellIgnored(terminal: Terminal): (reason: Ignored) => void {
  const told = new Set<Ignored>()
  return (reason) => {
    const note = IGNORED_NOTES[reason]
    if (note === undefined || told.has(reason)) return
    told.add(reason)
    terminal.tell(terminal.paint('dim', `Ignored ${note}.`))
  }
}
