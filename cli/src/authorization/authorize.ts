// `sluice raw oauth`: a connector's authorization from one terminal, by the browser (RFC 6749 §4.1, RFC 8252, RFC 7636) or
// by device code (RFC 8628).
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
import { CliError } from '../cli-error.ts'
import type { RecipientChoice } from '../config/key-sources.ts'
import { checkConfig } from '../connector/check-config.ts'
import { launchOf, openTask, type TaskChoice } from '../connector/open-task.ts'
import { printable } from '../printable.ts'
import type { Terminal } from '../terminal.ts'
import { authorizeByBrowser, type BrowserChoice } from './authorize-by-browser.ts'
import { authorizeByDevice } from './authorize-by-device.ts'
import { type ClientChoice, findClient } from './find-client.ts'
import { obtainedCredentials } from './obtained-credentials.ts'
import { openConversation } from './open-conversation.ts'
import { printCredentials } from './print-credentials.ts'
import { planWriting, writeCredentials } from './write-credentials.ts'

export interface AuthorizeOptions extends TaskChoice, ClientChoice, BrowserChoice, RecipientChoice {
  /** Issuer identifier, whose metadata is used. */
  issuer?: string | undefined
  device: boolean
  write: boolean
  plain: boolean
  showSecrets: boolean
  json: boolean
}

/** @throws CliError, SpecError, ConnectorError or OAuthError; nothing listens any more by then. */
export async function authorize(options: AuthorizeOptions, terminal: Terminal): Promise<void> {
  refuseContradictions(options)
  const task = await openTask({ ...options, secrets: options.secrets ?? null }, terminal)
  const target = options.write ? await planWriting(options, task, terminal) : null
  const spec = await protocolOf(task.protocol).spec(
    launchOf(task, terminal, task.oauth_client ? [task.oauth_client.client_secret.reveal()] : [], options),
  )
  const oauth = await readOAuth(task, spec, terminal)
  const config = checkTemplateConfig(spec, oauth, task)
  const client = await findClient(options, task, terminal)
  const conversation = openConversation(oauth, client, options.issuer)
  const asked = { task: task.name, plan: oauth.plan, client_id: client.client_id, conversation, config }
  const obtained = options.device
    ? await authorizeByDevice(asked, options, terminal)
    : await authorizeByBrowser(asked, options, terminal)
  const credentials = obtainedCredentials(spec.config_schema, oauth, task.config, {
    client,
    obtained,
    show_secrets: options.showSecrets,
  })
  // What can be had only once is kept before it is shown.
  if (target !== null) await writeCredentials(target, task, credentials, terminal)
  const written = target !== null
  await printCredentials({ task, plan: oauth.plan, obtained, credentials, json: options.json, written }, terminal)
}

function refuseContradictions({ device, paste, clientSecretStdin, write, plain }: AuthorizeOptions): void {
  const contradiction = [
    device && paste && '--device and --paste are two ways to authorize.',
    paste && clientSecretStdin && '--paste and --client-secret-stdin both read stdin.',
    plain && !write && '--plain belongs to --write.',
  ].find((message) => typeof message === 'string')
  if (contradiction) throw new CliError('usage', contradiction, { next_action: 'Leave one of them out.' })
}

export async function readOAuth(task: ConnectorTask, spec: ConnectorSpec, terminal: Terminal): Promise<ConnectorOAuth> {
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
