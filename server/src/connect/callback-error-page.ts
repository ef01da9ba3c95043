import { html } from '../reference/markup.ts'
import type { NotTaken } from './pending-authorization.ts'
import { plainPage } from './plain-page.ts'

export type CallbackRefusal = NotTaken | 'malformed' | 'relay_refused'

const texts: Record<CallbackRefusal, { title: string; text: string }> = {
  malformed: {
    title: 'This address is not complete',
    text: 'The provider’s answer has no usable state. Open the connect link again and authorize once more.',
  },
  relay_refused: {
    title: 'This answer cannot be trusted',
    text: 'It was not signed by who should have relayed it, or too long ago. Open the connect link again.',
  },
  unknown_state: {
    title: 'This answer was already used',
    text: 'An authorization can be finished once. If the connection is not there, open the connect link again.',
  },
  state_expired: {
    title: 'This took too long',
    text: 'The authorization was started more than ten minutes ago. Open the connect link again.',
  },
  other_integration: {
    title: 'This answer belongs elsewhere',
    text: 'It came to an address other than the one it was asked for. Open the connect link again.',
  },
  other_person: {
    title: 'This was started by someone else',
    text: 'An authorization must be finished by the person who started it. Sign in as that person and try again.',
  },
  other_browser: {
    title: 'This was started in another browser',
    text: 'An authorization must be finished in the browser that started it. Open the connect link here and try again.',
  },
}

/** The page for an authorization response that fits nothing here. It quotes nothing of the request. */
export function callbackErrorPage(reason: CallbackRefusal): Response {
  const { title, text } = texts[reason]
  const content = html`<h1>${title}</h1><p>${text}</p>
<p class="muted">Nothing was changed and nothing was sent on. (${reason})</p>`
  return plainPage({ status: 400, title, content })
}
