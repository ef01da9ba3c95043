import { ACCOUNTS, type AccountId } from './accounts.ts'
import { escapeHtml, type Page, renderPage } from './page.ts'
import { SCOPES, type Scope } from './scopes.ts'

export interface ConsentRequest {
  client_name: string
  /** Null when a device waits for the answer (RFC 8628). */
  redirect_uri: string | null
  scopes: Scope[]
  selected: AccountId
}

/** Sign-in and consent in one step: who asks, for what, on whose behalf. The form posts to its own address. */
export function consentPage({ client_name, redirect_uri, scopes, selected }: ConsentRequest): Page {
  const client = escapeHtml(client_name)
  const target = redirect_uri === null ? null : returnTarget(redirect_uri)
  const ending = target === null ? 'you go back to your device' : `you return to ${escapeHtml(target)}`
  const accounts = ACCOUNTS.map(
    ({ id, name, email }) =>
      `<label><input type="radio" name="account" value="${id}"${id === selected ? ' checked' : ''}>` +
      `<span>${escapeHtml(name)}<small>${escapeHtml(email)}</small></span></label>`,
  )
  return renderPage(
    `Allow ${client_name}?`,
    `<h1>${client} wants to use your Lab account</h1>
<h2>It will be able to</h2>
<ul>${scopes.map((scope) => `<li>${escapeHtml(SCOPES[scope])}</li>`).join('')}</ul>
<form method="post">
<fieldset><legend>Continue as</legend>${accounts.join('')}</fieldset>
<div class="actions">
<button name="decision" value="deny">Deny</button>
<button name="decision" value="allow" class="primary">Allow</button>
</div>
</form>
<p class="note">Either way ${ending}.</p>`,
    // Browsers hold every redirect after a form post to form-action, so the client's address must be in it.
    target === null ? "'self'" : `'self' ${target}`,
  )
}

/** The origin of a redirect URI, or its scheme when it has none (`com.example.app:/callback`, RFC 8252 §7.1). */
function returnTarget(redirect_uri: string): string {
  const { origin, protocol } = new URL(redirect_uri)
  return origin === 'null' ? protocol : origin
}
