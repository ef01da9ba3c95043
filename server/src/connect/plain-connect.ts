// The connect page for browsers without scripts: a form for settings that HTML can ask for, and words for how a link stands.
import { MASK, maskConfig, personSchema } from '@sluice/connector-specs'
import type { Context } from 'hono'
import { forTenant } from '../database/in-tenant.ts'
import type { Api } from '../http/api.ts'
import { Problem, type Violation } from '../http/problem.ts'
import { requireSameOrigin } from '../http/same-origin.ts'
import { type Content, html } from '../reference/markup.ts'
import type { Services } from '../services.ts'
import { type ConnectSession, findLink, linkStatus } from './connect-link.ts'
import { connectorForPerson } from './connector-for-person.ts'
import { connectingFor, type OfferedScopes, offeredScopes, prefilledConfig } from './get-link.ts'
import type { LinkWithIntegration } from './link-integration.ts'
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
  if (status === 'open') return openLink(services, await findLink(services, token), token)
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
    const posted = await c.req.formData()
    const form = new Map([...posted].map(([name, value]) => [name, String(value)]))
    const prefilled = maskConfig(connector.spec.config_schema, await prefilledConfig(services, session))
    const sent = readPlainFields(fields, form, prefilled)
    const optional_scopes = posted.has(SCOPES_SHOWN) ? posted.getAll(SCOPE).map(String) : undefined
    const page = await start(c, services, { session, integration, token, sent, optional_scopes })
    return c.body(page.body, page.status, page.headers)
  })
}

/** Names that the form has besides those of settings: a box that is not ticked is not posted. */
const SCOPES_SHOWN = 'sluice.scopes_shown'
const SCOPE = 'sluice.optional_scope'

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
    const { token, sent, optional_scopes } = given
    const { message, errors = [] } = error
    const attempt = { sent, optional_scopes, message: errors.length === 0 ? message : null, errors }
    const again = error.status === 422 ? await openLink(services, given, token, attempt) : null
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

interface Attempt extends Pick<Start, 'sent' | 'optional_scopes'> {
  /** Where no field is at fault. */
  message: string | null
  errors: Violation[]
}

async function openLink(
  services: Services,
  { session, integration }: LinkWithIntegration,
  token: string,
  attempt?: Attempt,
): Promise<Content> {
  const { connector, fields, needs_scripts } = await fieldsOf(services, session)
  const prefilled = await prefilledConfig(services, session)
  const missing = needs_scripts.filter((name) => prefilled[name] === undefined)
  const provider = connector.oauth?.provider_title
  if (missing.length > 0 || provider === undefined) {
    return html`<h1>Connect ${connector.title}</h1>
<p>The settings of this source need JavaScript: ${missing.join(', ')}. Turn it on for this page and load it again.</p>`
  }
  const scopes = connector.oauth
    ? await offeredScopes(services, connector.oauth.plan, { session, integration })
    : { required: [], optional: [] }
  const person = connectingFor(session)
  const shown = maskConfig(connector.spec.config_schema, attempt?.sent ?? prefilled)
  return html`<h1>Connect ${connector.title}</h1>
${person !== null && html`<p>Connecting for <strong>${person}</strong>. <small>Not you? Then close this page: what you allow would be theirs to use.</small></p>`}
<p>Check the settings, then sign in to ${provider} and allow access.</p>
${session.error && html`<p class="bad" role="alert">${session.error.message}</p>`}
${attempt?.message && html`<p class="bad" role="alert">${attempt.message}</p>`}
${attempt?.errors.map(({ pointer, message }) => html`<p class="bad" role="alert">${pointer.slice('/config/'.length)}: ${message}</p>`)}
<form method="post" action="/connect/${encodeURIComponent(token)}">
${fields.map((field) => control(field, shown[field.name]))}
${scopeBoxes(provider, scopes, attempt?.optional_scopes)}
<button class="primary wide">Authorize with ${provider}</button>
</form>`
}

/** What will be asked for, and of that what the person may leave out. */
function scopeBoxes(provider: string, { required, optional }: OfferedScopes, chosen: string[] | undefined): Content {
  if (optional.length === 0) return null
  const words = ({ scope, meaning }: OfferedScopes['optional'][number]) =>
    meaning === null ? html`<code>${scope}</code>` : html`${meaning} <small><code>${scope}</code></small>`
  const box = (one: OfferedScopes['optional'][number]) => {
    const ticked = chosen === undefined || chosen.includes(one.scope)
    return html`<p><label><input type="checkbox" name="${SCOPE}" value="${one.scope}"${ticked && html` checked`}> ${words(one)}</label></p>`
  }
  return html`<fieldset><legend>What ${provider} is asked for</legend>
<input type="hidden" name="${SCOPES_SHOWN}" value="1">
${required.map((one) => html`<p><label><input type="checkbox" checked disabled> ${words(one)} <small>needed</small></label></p>`)}
${optional.map(box)}</fieldset>`
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
