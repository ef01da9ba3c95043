import { createHash } from 'node:crypto'
import type { NotTaken } from './pending-authorization.ts'

const texts: Record<NotTaken | 'malformed', { title: string; text: string }> = {
  malformed: {
    title: 'This address is not complete',
    text: 'The provider’s answer has no usable state. Open the connect link again and authorize once more.',
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
  other_browser: {
    title: 'This was started in another browser',
    text: 'An authorization must be finished in the browser that started it. Open the connect link here and try again.',
  },
}

const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:18vh auto;padding:0 1.5rem;color:#1b2330;background:#f7f8fa}' +
  'h1{font-size:1.4rem}@media(prefers-color-scheme:dark){body{color:#e7ebf1;background:#12161d}}'

const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The page for an authorization response that fits nothing here. It quotes nothing of the request. */
export function callbackErrorPage(reason: NotTaken | 'malformed'): Response {
  const { title, text } = texts[reason]
  const html =
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
    `<title>${title} – Sluice</title><style>${style}</style><h1>${title}</h1><p>${text}</p>` +
    `<p>Nothing was changed and nothing was sent on. (${reason})</p></html>`
  return new Response(html, {
    status: 400,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
  })
}
