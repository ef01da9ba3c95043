// Loaded only when something failed: it knows the errors of every package that a command uses.
import { ApiError } from '@sluice/client'
import { SopsError, SpecError } from '@sluice/connector-specs'
import { KeyStoreError } from '@sluice/kms'
import { ConnectorError } from '@sluice/launcher'
import { OAuthError, type OAuthErrorCode } from '@sluice/oauth'
import { CliError } from './cli-error.ts'
import type { Exit } from './exit-codes.ts'
import { serverFailure } from './server/open-server.ts'

const CONNECTOR_ACTION = 'The log above is what the connector said. Mend it, or its command in flow.yaml.'
const CLIENT_ACTION = 'Check the client id and secret against the registration at the provider.'
const AGAIN = 'Run the command again.'

const OAUTH_FAILURES: Record<OAuthErrorCode, { exit: Exit; next_action: string }> = {
  invalid_spec: { exit: 'connector', next_action: 'Mend the oauth2 part of the connector’s spec.' },
  invalid_template: { exit: 'connector', next_action: 'Mend the oauth2 templates of the connector’s spec.' },
  refused_value: { exit: 'source', next_action: 'Mend this field of the config or of the OAuth client.' },
  refused_url: { exit: 'connector', next_action: 'Mend the address in the oauth2 part of the connector’s spec.' },
  state_mismatch: { exit: 'authorization', next_action: AGAIN },
  issuer_mismatch: { exit: 'authorization', next_action: AGAIN },
  access_denied: { exit: 'authorization', next_action: 'Run the command again and allow the access.' },
  authorization_failed: {
    exit: 'authorization',
    next_action: 'Compare the redirect URI, the scopes and the client id with the registration at the provider.',
  },
  invalid_grant: { exit: 'provider', next_action: 'A code works once and not for long. Run the command again.' },
  invalid_client: { exit: 'provider', next_action: CLIENT_ACTION },
  token_request_failed: { exit: 'provider', next_action: CLIENT_ACTION },
  request_failed: {
    exit: 'provider',
    next_action: 'Compare the address and the client with the provider’s documentation.',
  },
  not_offered: { exit: 'provider', next_action: 'Authorize in a way that the provider’s metadata offers.' },
  expired_token: { exit: 'authorization', next_action: AGAIN },
  request_uri_spent: { exit: 'authorization', next_action: AGAIN },
  dpop_key_lost: { exit: 'authorization', next_action: AGAIN },
  dpop_not_bound: { exit: 'provider', next_action: 'Ask the provider to bind this client’s tokens to DPoP keys.' },
  malformed_response: {
    exit: 'provider',
    next_action: 'Check accessTokenUrlTemplate and accessTokenResponseMap in the connector’s spec.',
  },
  unreachable: { exit: 'provider', next_action: 'Check the network and the address, then run the command again.' },
  timeout: { exit: 'provider', next_action: AGAIN },
  response_too_large: { exit: 'provider', next_action: 'Check accessTokenUrlTemplate in the connector’s spec.' },
}

/** What any error means for the person at the terminal. */
export function describeFailure(error: unknown): CliError {
  if (error instanceof CliError) return error
  if (error instanceof SpecError) {
    const exit = error.code === 'invalid_connector_spec' || error.code === 'invalid_schema' ? 'connector' : 'source'
    return new CliError(exit, error.message, { cause: error })
  }
  if (error instanceof SopsError) return sopsFailure(error)
  if (error instanceof KeyStoreError) return new CliError('source', error.message, { cause: error })
  if (error instanceof ConnectorError) {
    // What was not started said nothing; the message tells what to do.
    const next = error.code === 'not_found' ? {} : { next_action: CONNECTOR_ACTION }
    return new CliError('connector', error.message, { ...next, cause: error })
  }
  if (error instanceof ApiError) return serverFailure(error)
  if (error instanceof OAuthError) return oauthFailure(error)
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return new CliError('unexpected', message, {
    next_action: 'This is a fault of sluice. Please report it with the command that you ran.',
    cause: error,
  })
}

/** What the key services said, where they were asked. */
function sopsFailure(error: SopsError): CliError {
  const causes = error.cause instanceof AggregateError ? error.cause.errors : []
  const said = causes.flatMap((cause) => (cause instanceof KeyStoreError ? [cause.message] : []))
  return new CliError('source', error.message, {
    cause: error,
    ...(said.length > 0 && { next_action: said.join('\n') }),
  })
}

function oauthFailure(error: OAuthError): CliError {
  const { exit, next_action } = OAUTH_FAILURES[error.code]
  const findings = error.findings.map(({ pointer, message }) => `${pointer}: ${message}`)
  return new CliError(exit, withProvidersWords(error), {
    next_action: [...findings, next_action].join('\n'),
    cause: error,
  })
}

function withProvidersWords({ message, provider_error }: OAuthError): string {
  const { error, error_description, status } = provider_error ?? { error: null, error_description: null, status: 0 }
  const words = [status > 0 ? `HTTP ${status}` : null, error, error_description].filter((word) => word !== null)
  return words.length > 0 ? `${message} The provider said: ${words.join(', ')}.` : message
}
