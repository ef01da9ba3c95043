// A small page for a frame on the customer's page: it works there without any script of ours. The connect page itself is
// never framed, because a frame can be laid under someone's clicks; a new window shows where one is.

import { connectSessionStatus } from '../connect-sessions/connect-session-record.ts'
import type { Api } from '../http/api.ts'
import { html } from '../reference/markup.ts'
import type { Services } from '../services.ts'
import { findConnectSession } from './connect-link.ts'
import { connectorForPerson } from './connector-for-person.ts'
import { plainPage } from './plain-page.ts'

const REFRESH_SECONDS = 5

const words = {
  completed: 'Connected.',
  expired: 'This invitation has expired. Load this page again for a new one.',
  cancelled: 'This invitation was withdrawn. Load this page again for a new one.',
} as const

export function embedPage(api: Api, services: Services) {
  api.get('/connect/:token/embed', async (c) => {
    const token = c.req.param('token')
    const session = await findConnectSession(services, token)
    const { title } = await connectorForPerson(services.connectors, session.connector_id)
    const status = connectSessionStatus(session, services.now())
    const path = `/connect/${encodeURIComponent(token)}`
    const content =
      status === 'open'
        ? html`<h1>Connect ${title}</h1><p class="muted">It opens in a new window.</p>
${session.error && html`<p class="bad">${session.error.message}</p>`}
<a class="button" href="${path}" target="_blank" rel="noopener">Connect ${title}</a>`
        : html`<h1>${title}</h1><p>${words[status]}</p>`
    return plainPage({
      title: `Connect ${title}`,
      content,
      frames: session.allowed_origins,
      ...(status === 'open' && { refresh: { seconds: REFRESH_SECONDS, url: `${path}/embed` } }),
    })
  })
}
