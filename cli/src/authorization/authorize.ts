// `sluice raw oauth`: the whole authorization code grant (RFC 6749 §4.1, RFC 8252, RFC 7636) from one terminal.
import {
  type ConnectorSpec,
  type ConnectorTask,
  findOAuthCredentials,
  type JsonObject,
  withoutOAuthCredentials,
} from '@sluice/connector-specs'
import { flow } from '@sluice/launcher'
import {
  buildAuthorizationRequest,
  compileFlowPlan,
  createPkce,
  createState,
  OAuthError,
  type OAuthPlan,
} from '@sluice/oauth'
import { openCallbackListener } from '../callback/callback-listener.ts'
import { authorizedPage, failedPage } from '../callback/pages.ts'
import { CliError } from '../cli-error.ts'
import { checkConfig } from '../connector/check-config.ts'
import { launchOf, openTask, type TaskChoice } from '../connector/open-task.ts'
import { describeFailure } from '../describe-failure.ts'
import { printable } from '../printable.ts'
import type { Terminal } from '../terminal.ts'
import { announce, tellIgnored } from './announce.ts'
import { type AuthorizationAttempt, exchangeCode, type ObtainedTokens } from './exchange-code.ts'
import { type ClientChoice, findClient } from './find-client.ts'
import { obtainedCredentials } from './obtained-credentials.ts'
import { openBrowser } from './open-browser.ts'
import { printCredentials } from './print-credentials.ts'
import { chooseRedirect, type RedirectChoice } from './redirect-uri.ts'
import { requireAnswer } from './require-answer.ts'
import { waitForCallback } from './wait-for-callback.ts'

export interface AuthorizeOptions extends TaskChoice, ClientChoice, RedirectChoice {
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
  const spec = await flow.spec(
    launchOf(task, terminal, task.oauth_client ? [task.oauth_client.client_secret.reveal()] : []),
  )
  const plan = compilePlan(task, spec, terminal)
  const config = checkTemplateConfig(spec, plan, task)
  const client = await findClient(options, task, terminal)

  const state = createState()
  const pkce = plan.uses_pkce ? createPkce() : null
  const onIgnored = tellIgnored(terminal)
  await using listener = await openCallbackListener({ port: options.port, state, redirect, onIgnored })
  const { redirect_uri } = listener
  const attempt: AuthorizationAttempt = { plan, client, config, redirect_uri, state, pkce }
  const { url } = buildAuthorizationRequest(plan, {
    client_id: client.client_id,
    redirect_uri,
    state,
    config,
    ...(pkce && { code_challenge: pkce.code_challenge, code_challenge_method: pkce.code_challenge_method }),
  })
  await requireAnswer(url)

  announce({ task: task.name, plan, listener, client_id: client.client_id, url, options }, terminal)
  if (options.open) await openBrowser(url, terminal)
  const callback = await waitForCallback(listener, { timeout: options.timeout, signal: terminal.signal })
  terminal.tell('The answer is here; exchanging the code for tokens …')
  let obtained: ObtainedTokens
  try {
    obtained = await exchangeCode(attempt, callback.parameters, terminal.signal)
    await callback.answer(authorizedPage(plan.provider, task.name))
  } catch (error) {
    const denied = error instanceof OAuthError && error.code === 'access_denied'
    await callback.answer(failedPage(describeFailure(error).message, denied))
    throw error
  }
  const credentials = obtainedCredentials(spec.config_schema, plan.provider, task.config, {
    client,
    obtained,
    show_secrets: options.showSecrets,
  })
  await printCredentials({ task, plan, obtained, credentials, json: options.json }, terminal)
}

function compilePlan(task: ConnectorTask, spec: ConnectorSpec, terminal: Terminal): OAuthPlan {
  if (spec.oauth2 === null) {
    throw new CliError('connector', `The connector of ${task.name} offers no OAuth: its spec has no oauth2 part.`, {
      next_action: 'Write its credentials into `config`, or add oauth2 to the connector’s spec.',
    })
  }
  const plan = compileFlowPlan(spec.oauth2, { allow_loopback: true })
  for (const { pointer, message } of plan.warnings) {
    terminal.tell(`${terminal.paint('yellow', 'warning:')} oauth2${printable(`${pointer}: ${message}`)}`)
  }
  return plan
}

/** The config as the templates see it. Old credentials in it need not fit: they are about to be replaced. */
function checkTemplateConfig(spec: ConnectorSpec, plan: OAuthPlan, task: ConnectorTask): JsonObject {
  const property = findOAuthCredentials(spec.config_schema, plan.provider)?.property ?? 'credentials'
  const { [property]: _replaced, ...config } = task.config
  return checkConfig(withoutOAuthCredentials(spec.config_schema, plan.provider), config, { without_credentials: null })
}
