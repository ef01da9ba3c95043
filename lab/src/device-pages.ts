// The pages of the device flow (RFC 8628 §3.3): enter the code, confirm it, done. The consent page comes between the last
// two. oidc-provider makes the forms; their buttons stand outside of them.
import type { Configuration } from 'oidc-provider'
import { escapeHtml, type Page, renderPage } from './page.ts'

type DeviceFlow = NonNullable<NonNullable<Configuration['features']>['deviceFlow']>

export const deviceFlow: DeviceFlow = {
  enabled: true,
  userCodeInputSource(ctx, form, _out, error) {
    send(ctx, inputPage(form, error !== undefined && error !== null))
  },
  userCodeConfirmSource(ctx, form, client, _info, userCode) {
    send(ctx, confirmPage(form, client.clientName ?? client.clientId, userCode))
  },
  successSource(ctx) {
    send(ctx, renderPage('Device connected', '<h1>Your device is connected</h1><p>You may close this page.</p>'))
  },
}

function inputPage(form: string, refused: boolean): Page {
  const note = refused ? '<p>That code was not accepted. Look at your device and try again.</p>' : ''
  return renderPage(
    'Enter the code',
    `<h1>Enter the code that your device shows</h1>${note}${form}
<div class="actions"><button form="op.deviceInputForm" class="primary">Continue</button></div>`,
    "'self'",
  )
}

function confirmPage(form: string, client: string, userCode: string): Page {
  return renderPage(
    'Is this your device?',
    `<h1>Does your device show ${escapeHtml(userCode)}?</h1>
<p>${escapeHtml(client)} wants to be connected to your Lab account by this code.</p>${form}
<div class="actions">
<button form="op.deviceConfirmForm" name="abort" value="yes">No</button>
<button form="op.deviceConfirmForm" class="primary">Yes</button>
</div>`,
    "'self'",
  )
}

function send(ctx: { set(headers: Record<string, string>): void; body: unknown }, { headers, html }: Page): void {
  ctx.set(headers)
  ctx.body = html
}
