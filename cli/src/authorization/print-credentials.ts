import type { ConnectorTask } from '@sluice/connector-specs'
import type { OAuthPlan } from '@sluice/oauth'
import { printable, printableJson } from '../printable.ts'
import type { Terminal } from '../terminal.ts'
import type { ObtainedCredentials, ObtainedTokens } from './obtained-credentials.ts'

export interface AuthorizationResult {
  task: ConnectorTask
  plan: OAuthPlan
  obtained: ObtainedTokens
  credentials: ObtainedCredentials
  json: boolean
  /** They stand in the config file now. */
  written: boolean
}

/** The credentials on stdout, as YAML for a flow.yaml or as one JSON object; what there is to know of them on stderr. */
export async function printCredentials(result: AuthorizationResult, terminal: Terminal): Promise<void> {
  const { credentials, json } = result
  tellSummary(result, terminal)
  for (const line of json ? [printableJson(asJson(result))] : asYaml(credentials)) await terminal.print(line)
  if (Object.keys(credentials.redacted).length > 0 && !result.written) {
    terminal.note(
      terminal.paint(
        'dim',
        'Secrets are redacted. --write puts them into the config file; for `raw capture --credentials`: --show-secrets --json > creds.json',
      ),
    )
  }
}

function asJson({ task, plan, obtained, credentials }: AuthorizationResult) {
  return {
    task: task.name,
    provider: plan.provider,
    credentials: credentials.credentials,
    redacted: credentials.redacted,
    expires_at: obtained.tokens.expires_at?.toISOString() ?? null,
    scope: obtained.tokens.scope,
  }
}

/** JSON values are YAML values, so each line may stand in a flow.yaml. */
function asYaml({ property, credentials, redacted, unset }: ObtainedCredentials): string[] {
  const fields = Object.entries(credentials).map(([key, value]) => {
    const length = redacted[key]
    const comment = length === undefined ? '' : length === null ? '  # set' : `  # ${length} characters`
    return `  ${yamlKey(key)}: ${printableJson(value)}${comment}`
  })
  return [`${yamlKey(property)}:`, ...fields, ...unset.map((key) => `  # ${printable(key)}: not set`)]
}

function yamlKey(key: string): string {
  return /^[A-Za-z_][\w-]*$/.test(key) ? key : printableJson(key)
}

function tellSummary({ plan, obtained, credentials }: AuthorizationResult, terminal: Terminal): void {
  const { expires_at, scope } = obtained.tokens
  const details = [
    expires_at === null ? 'no expiry stated' : `access token until ${expires_at.toISOString()}`,
    ...(scope === null ? [] : [`scope ${printable(scope)}`]),
  ]
  terminal.note(`${terminal.paint('green', 'Authorized')} by ${printable(plan.provider)}: ${details.join(', ')}.\n`)
  for (const complaint of credentials.complaints) {
    terminal.tell(
      `${terminal.paint('yellow', 'warning:')} the connector will not take this config: ${printable(complaint)}`,
    )
  }
}
