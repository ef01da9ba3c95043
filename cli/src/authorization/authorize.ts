// `sluice raw oauth`: the whole authorization code grant (RFC 6749 §4.1, RFC 8252, RFC 7636) from one terminal.
import {
  type ConnectorOAuth,
  type ConnectorSpec,
  type ConnectorTask,
  findOAuthCredentials,
  type JsonObject,
  personSchema,
  readConnectorOAuth,
} from '@sluice/connector-specs'
import { protocolOf } from '@sluice/launcher'
import { createState, OAuthError, type ObtainedGrant } from '@sluice/oauth'
import { openCallbackListener } from '../callback/callback-listener.ts'
import { authorizedPage, failedPage } from '../callback/pages.ts'
import { CliError } from '../cli-error.ts'
import { checkConfig } from '../connector/check-config.ts'
import { launchOf, openTask, type TaskChoice } from '../connector/open-task.ts'
import { describeFailure } from '../describe-failure.ts'
import { printable } from '../printable.ts'
import type { Terminal } from '../terminal.ts'
import { announce, tellIgnored } from './announce.ts'
import { type ClientChoice, findClient } from './find-client.ts'
import { obtainedCredentials } from './obtained-credentials.ts'
import { openBrowser } from './open-browser.ts'
import { openConversation } from './open-conversation.ts'
import { printCredentials } from './print-credentials.ts'
import { chooseRedirect, type RedirectChoice } from './redirect-uri.ts'
import { requireAnswer } from './require-answer.ts'
import { waitForCallback } from './wait-for-callback.ts'

export interface AuthorizeOptions extends TaskChoice, ClientChoice, RedirectChoice {
  /** Issuer identifier, whose metadata is used. */
  issuer?: string | undefined
  port: number
  /** Milliseconds. */
  timeout: number
  open: boolean
  showSecrets: boolean
  json: boolean
}

/** @throws CliError, SpecError, ConnectorError or OAuthError; the listener is closed by then. */
export async function authorize(options: AuthorizeOptions, terminal: Terminal): Promise<void> {
  const redirect = chooseRedirect(options)
  const task = await openTask(options, terminal)
  const spec = await protocolOf(task.protocol).spec(
    launchOf(task, terminal, task.oauth_client ? [task.oauth_client.client_secret.reveal()] : []),
  )
  const oauth = await readOAuth(task, spec, terminal)
  const { plan } = oauth
  const config = checkTemplateConfig(spec, oauth, task)
  const client = await findClient(options, task, terminal)

  const { signal } = terminal
  const state = createState(plan.state?.length)
  const onIgnored = tellIgnored(terminal)
  const expected = { state, state_name: plan.state?.name ?? 'state' }
  await using listener = await openCallbackListener({ port: options.port, ...expected, redirect, onIgnored })
  const { redirect_uri } = listener
  const conversation = openConversation(oauth, client, options.issuer)
  const { url, kept } = await conversation.startAuthorization({ redirect_uri, state, config, signal })
  await requireAnswer(url)

  announce({ task: task.name, plan, listener, client_id: client.client_id, url, options }, terminal)
  if (options.open) await openBrowser(url, terminal)
  const callback = await waitForCallback(listener, { timeout: options.timeout, signal: terminal.signal })
  terminal.tell('The answer is here; exchanging the code for tokens …')
  let obtained: ObtainedGrant
  try {
    obtained = await conversation.completeAuthorization({ kept, parameters: callback.parameters, config, signal })
    await callback.answer(authorizedPage(plan.provider, task.name))
  } catch (error) {
    const denied = error instanceof OAuthError && error.code === 'access_denied'
    await callback.answer(failedPage(describeFailure(error).message, denied))
    throw error
  }
  const credentials = obtainedCredentials(spec.config_schema, oauth, task.config, {
    client,
    obtained,
    show_secrets: options.showSecrets,
  })
  await printCredentials({ task, plan, obtained, credentials, json: options.json }, terminal)
}

async function readOAuth(task: ConnectorTask, spec: ConnectorSpec, terminal: Terminal): Promise<ConnectorOAuth> {
  const { name, provider } = task
  const oauth = await readConnectorOAuth(spec, { name, provider, policy: { allow_loopback: true } })
  if (oauth === null) {
    throw new CliError('connector', `The connector of ${name} offers no OAuth: its spec has no oauth2 part.`, {
      next_action:
        'Write its credentials into `config`, add oauth2 to the connector’s spec, or name a `provider` in the flow.yaml.',
    })
  }
  for (const { pointer, message } of oauth.plan.warnings) {
    terminal.tell(`${terminal.paint('yellow', 'warning:')} oauth2${printable(`${pointer}: ${message}`)}`)
  }
  return oauth
}

/** The config as the templates see it. Old credentials in it need not fit: they are about to be replaced. */
function checkTemplateConfig(spec: ConnectorSpec, oauth: ConnectorOAuth, task: ConnectorTask): JsonObject {
  const property = findOAuthCredentials(spec.config_schema, oauth.provider)?.property ?? 'credentials'
  const { [property]: _replaced, ...config } = task.config
  const whole = oauth.airbyte === null ? config : task.config
  return checkConfig(personSchema(spec.config_schema, oauth), whole, { without_credentials: null })
}
