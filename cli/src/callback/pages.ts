import type { Ignored } from './judge-request.ts'
import type { Page } from './page.ts'

const WAITING = 'Nothing was done with it. The command in the terminal is still waiting for its own answer.'

/** What a request that is not the answer gets. Nothing of the request is quoted. */
export const IGNORED_PAGES: Record<Ignored, Page> = {
  other_host: { status: 421, title: 'Not for this address', paragraphs: ['Nothing is served under this name.'] },
  other_path: { status: 404, title: 'Nothing is here', paragraphs: ['Only the redirect URI is answered.'] },
  not_get: { status: 405, title: 'Only GET is answered', paragraphs: [WAITING] },
  no_state: {
    status: 400,
    title: 'This address is not complete',
    paragraphs: ['The provider’s answer carries a state, and this request has none.', WAITING],
  },
  wrong_state: {
    status: 400,
    title: 'This answer belongs elsewhere',
    paragraphs: [
      'It was not asked for by the command that is waiting; perhaps it is of an earlier try.',
      WAITING,
      'Use the address that the terminal shows now.',
    ],
  },
  other_user: {
    status: 403,
    title: 'This browser runs as another user',
    paragraphs: ['An answer counts only when it comes from the user who runs the command.', WAITING],
  },
  second: {
    status: 409,
    title: 'This was already answered',
    paragraphs: ['An authorization is finished once. The terminal shows how it went.'],
  },
}

export function authorizedPage(provider: string, task: string): Page {
  return {
    status: 200,
    title: 'Authorized',
    paragraphs: [`${provider} gave access to ${task}. The terminal shows the result.`, 'You can close this page.'],
  }
}

export function failedPage(message: string, denied: boolean): Page {
  return {
    status: denied ? 403 : 502,
    title: denied ? 'Access was not granted' : 'The authorization did not work',
    paragraphs: [message, 'Nothing was stored. You can close this page; the terminal says what to do next.'],
  }
}
