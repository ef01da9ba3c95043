import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type Provider from 'oidc-provider'
import { errors } from 'oidc-provider'
import { ACCOUNTS, findAccount } from './accounts.ts'
import { consentPage } from './consent-page.ts'
import { errorPage } from './error-page.ts'
import type { Page } from './page.ts'
import { knownScopes } from './scopes.ts'

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>

/** Shows the consent page (GET) or takes the person's decision from it (POST) and sends them on their way. */
export async function answerConsent(server: Provider, req: IncomingMessage, res: ServerResponse): Promise<void> {
  try {
    const interaction = await server.interactionDetails(req, res)
    if (req.method === 'GET') return sendPage(res, 200, await pageFor(server, interaction))
    if (req.method !== 'POST') return sendPage(res, 405, errorPage('invalid_request', 'Use the buttons of the page.'))
    await decide(server, interaction, new URLSearchParams(await text(req)), req, res)
  } catch (error) {
    if (!(error instanceof errors.OIDCProviderError)) throw error
    sendPage(res, 400, errorPage(error.error, 'This sign-in has ended or was started in another browser.'))
  }
}

export function sendPage(res: ServerResponse, status: number, page: Page): void {
  res.writeHead(status, page.headers).end(page.html)
}

async function pageFor(server: Provider, { params }: Interaction): Promise<Page> {
  const client = await server.Client.find(String(params.client_id))
  return consentPage({
    client_name: client?.clientName ?? String(params.client_id),
    redirect_uri: params.redirect_uri === undefined ? null : String(params.redirect_uri),
    scopes: knownScopes(params.scope),
    selected: (findAccount(params.login_hint) ?? ACCOUNTS[0]).id,
  })
}

async function decide(
  server: Provider,
  { params }: Interaction,
  form: URLSearchParams,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const account = findAccount(form.get('account'))
  const decision = form.get('decision')
  if (decision === 'deny') {
    const denial = { error: 'access_denied', error_description: 'The person denied the request.' }
    return server.interactionFinished(req, res, denial, { mergeWithLastSubmission: false })
  }
  if (decision !== 'allow' || account === undefined) {
    return sendPage(res, 400, errorPage('invalid_request', 'Choose an account, then Allow or Deny.'))
  }
  const grant = new server.Grant({ accountId: account.id, clientId: String(params.client_id) })
  grant.addOIDCScope(knownScopes(params.scope).join(' '))
  for (const resource of [params.resource ?? []].flat()) {
    grant.addResourceScope(String(resource), knownScopes(params.scope).join(' '))
  }
  const consent = { grantId: await grant.save() }
  await server.interactionFinished(
    req,
    res,
    { login: { accountId: account.id }, consent },
    { mergeWithLastSubmission: false },
  )
}
