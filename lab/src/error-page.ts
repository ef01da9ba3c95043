import { escapeHtml, type Page, renderPage } from './page.ts'

/** The page for a request that cannot be answered at a redirect URI, such as one with an unknown client. */
export function errorPage(error: string, description?: string): Page {
  return renderPage(
    'Request refused',
    `<h1>Lab cannot answer this request</h1>
<p>${escapeHtml(description ?? 'The request is not valid.')}</p>
<p class="note">Go back to where you came from and start again. Error: <code>${escapeHtml(error)}</code></p>`,
  )
}
