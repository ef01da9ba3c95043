import { type Page, renderPage } from './page.ts'

/** What a person sees at the lab's address. */
export function indexPage(origin: string): Page {
  return renderPage(
    'Authorization server and demo API',
    `<h1>An authorization server to try things on</h1>
<ul>
<li>Metadata: <a href="${origin}/.well-known/openid-configuration">/.well-known/openid-configuration</a></li>
<li>Authorization endpoint: <code>/auth</code></li>
<li>Token endpoint: <code>/token</code></li>
<li>Demo API: <code>/api/me</code>, <code>/api/customers</code>, <code>/api/orders</code></li>
</ul>
<p class="note">Accounts: alice and bob. There are no passwords.</p>`,
  )
}
