// The connect page for browsers without scripts: a form for settings that HTML can ask for, and words for how a link stands.
import { MASK, maskConfig, personSchema } from '@sluice/connector-specs'
import type { JsonObject } from '@sluice/oauth'
import type { Context } from 'hono'
import { forTenant } from '../database/in-tenant.ts'
import type { Api } from '../http/api.ts'
import { Problem, type Violation } from '../http/problem.ts'
import { requireSameOrigin } from '../http/same-origin.ts'
import { type Content, html } from '../reference/markup.ts'
import type { Services } from '../services.ts'
import { type ConnectSession, findLink, linkStatus } from './connect-link.ts'
import { connectorForPerson } from './connector-for-person.ts'
import { prefilledConfig } from './get-link.ts'
import { type PlainField, plainFields, readPlainFields } from './plain-fields.ts'
import { renderPlainPage } from './plain-page.ts'
import { authorizationUrl, type Start } from './start-authorization.ts'

const outcomes = {
  completed: ['It is connected', 'You may close this page.'],
  used: ['This link was already used', 'It was used in another browser. If that was not you, tell who sent it.'],
  expired: ['This link has expired', 'Ask for a new one where you got it; nothing was changed.'],
  cancelled: ['This link was withdrawn', 'Ask for a new one where you got it; nothing was changed.'],
} as const

/** What stands in the page's `noscript`. */
export async function plainConnect(
  c: Context,
  services: Services,
  session: ConnectSession | null,
  token: string,
): Promise<Content> {
  if (session === null) {
    return html`<h1>This link is not known here</h1><p>Open it whole, or ask for a new one where you got it.</p>`
  }
  const status = linkStatus(c, services, session)
  if (status === 'open') return openLink(services, session, token)
  const [title, text] = outcomes[status]
  const onward = status === 'completed' && session.return_to
  return html`<h1>${title}</h1><p>${text}</p>
${onward && html`<p><a class="button" href="${onward}" rel="noreferrer">Continue</a></p>`}`
}

/** Where the form posts to: the same start as the page's own, answered by a page that goes on to the provider. */
export function plainStart(api: Api, shared: Services) {
  api.post('/connect/:token', async (c) => {
    requireSameOrigin(c, shared.base_url)
    const token = c.req.param('token')
    const { session, integration } = await findLink(shared, token)
    const services = forTenant(shared, session.tenant_id)
    const { connector, fields } = await fieldsOf(services, session)
    const form = new Map(Object.entries(await c.req.parseBody()).map(([name, value]) => [name, String(value)]))
    const prefilled = maskConfig(connector.spec.config_schema, await prefilledConfig(services, session))
    const sent = readPlainFields(fields, form, prefilled)
    const page = await start(c, services, { session, integration, token, sent })
    return c.body(page.body, page.status, page.headers)
  })
}

async function start(c: Context, services: Services, given: Start) {
  try {
    const url = await authorizationUrl(c, services, given)
    // A redirect would be held to the form's own policy, so the page goes on by itself.
    return renderPlainPage({
      title: 'Going to the provider',
      content: html`<h1>Going to the provider</h1><p><a class="button" href="${url}" rel="noreferrer">Continue</a></p>`,
      refresh: { seconds: 0, url },
    })
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const { session, token, sent } = given
    const again =
      error.status === 422 ? await openLink(services, session, token, { sent, errors: error.errors ?? [] }) : null
    return renderPlainPage({
      status: error.status,
      title: 'This did not work',
      content: again ?? html`<h1>This did not work</h1><p>${error.message}</p>`,
      form: "'self'",
    })
  }
}

async function fieldsOf(services: Services, session: ConnectSession) {
  const connector = await connectorForPerson(services.connectors, session.connector_id)
  return { connector, ...plainFields(personSchema(connector.spec.config_schema, connector.oauth)) }
}

async function openLink(
  services: Services,
  session: ConnectSession,
  token: string,
  attempt?: { sent: JsonObject; errors: Violation[] },
): Promise<Content> {
  const { connector, fields, needs_scripts } = await fieldsOf(services, session)
  const prefilled = await prefilledConfig(services, session)
  const missing = needs_scripts.filter((name) => prefilled[name] === undefined)
  const provider = connector.oauth?.provider_title
  if (missing.length > 0 || provider === undefined) {
    return html`<h1>Connect ${connector.title}</h1>
<p>The settings of this source need JavaScript: ${missing.join(', ')}. Turn it on for this page and load it again.</p>`
  }
  const shown = maskConfig(connector.spec.config_schema, attempt?.sent ?? prefilled)
  return html`<h1>Connect ${connector.title}</h1>
<p>Check the settings, then sign in to ${provider} and allow access.</p>
${session.error && html`<p class="bad" role="alert">${session.error.message}</p>`}
${attempt?.errors.map(({ pointer, message }) => html`<p class="bad" role="alert">${pointer.slice('/config/'.length)}: ${message}</p>`)}
<form method="post" action="/connect/${encodeURIComponent(token)}">
${fields.map((field) => control(field, shown[field.name]))}
<button class="primary wide">Authorize with ${provider}</button>
</form>`
}

function control(field: PlainField, given: unknown): Content {
  const { name, title, description, required } = field
  const value = given ?? field.default ?? ''
  const id = `field-${name}`
  const label = html`<label for="${id}">${title}${!required && html` <small>optional</small>`}</label>`
  const hint = description && html`<small>${description}</small>`
  if (field.kind === 'boolean') {
    return html`<p><label><input type="checkbox" name="${name}" value="true"${value === true && html` checked`}> ${title}</label>${hint}</p>`
  }
  if (field.options !== null) {
    const options = field.options.map(
      (option) =>
        html`<option value="${String(option.value)}"${String(option.value) === String(value) && html` selected`}>${option.label}</option>`,
    )
    return html`<p>${label}<select id="${id}" name="${name}">${!required && html`<option value=""></option>`}${options}</select>${hint}</p>`
  }
  const type = value === MASK || field.secret ? 'password' : field.kind === 'text' ? 'text' : 'number'
  return html`<p>${label}<input id="${id}" name="${name}" type="${type}" value="${String(value)}" autocomplete="off"
${field.kind === 'number' && html` step="any"`}${required && html` required`}>${hint}</p>`
}
