// What a connector's OAuth is, whichever dialect says it: Flow's object or Airbyte's in the connector's own spec, or a
// provider declaration that its flow.yaml names.

import {
  type AirbytePaths,
  type CompiledProvider,
  compileAirbytePlan,
  compileFlowPlan,
  type JsonObject,
  type OAuthPlan,
  planForOAuth1,
  readOAuthUserInput,
  type Secret,
  secret,
  type TokenPhase,
  type UrlPolicy,
  writeOAuthOutput,
} from '@sluice/oauth'
import type { ConnectorSpec } from './connector-spec.ts'
import { mergeCredentials, type OAuthCredentials } from './merge-credentials.ts'
import { OAUTH_SPEC_SUFFIX, readOAuthSpecFile } from './oauth-spec-file.ts'
import { loadProvider } from './providers/load-provider.ts'
import { SpecError } from './spec-error.ts'
import { withoutAirbyteOutputs } from './without-airbyte-outputs.ts'
import { withoutOAuthCredentials } from './without-oauth-credentials.ts'

export interface ConnectorOAuth {
  /** The provider's name. */
  provider: string
  provider_title: string
  plan: OAuthPlan
  /** The same as conversations take it. */
  source: CompiledProvider
  /** Airbyte's path maps into and out of the config; null: credentials stand where Flow's connectors have them. */
  airbyte: AirbytePaths | null
}

export interface OAuthSource {
  /** The connector's, for Airbyte specs, which name no provider. */
  name: string
  /** Path of the provider declaration that the connector's flow.yaml names. */
  provider: string | null
  policy: Partial<UrlPolicy>
}

/**
 * A connector's OAuth; null when nothing declares any. A declaration that the flow.yaml names goes before the spec's own
 * words, because the operator wrote it.
 *
 * @throws OAuthError `invalid_spec`; SpecError for the declaration, and when an Airbyte spec needs one that is not named
 */
export async function readConnectorOAuth(
  spec: ConnectorSpec,
  { name, provider, policy }: OAuthSource,
): Promise<ConnectorOAuth | null> {
  if (provider?.endsWith(OAUTH_SPEC_SUFFIX)) return await readNamedSpec(provider, { name, policy })
  const airbyte = spec.airbyte === undefined ? null : compileAirbytePlan(spec.airbyte, { provider: name, ...policy })
  if (provider !== null) {
    const { declaration, ...compiled } = await loadProvider(provider, policy)
    const source: CompiledProvider =
      compiled.protocol === 'oauth1'
        ? { protocol: 'oauth1', plan: compiled.plan }
        : { protocol: 'oauth2', plan: compiled.plan }
    return connectorOAuth(source, airbyte, declaration.title)
  }
  if (airbyte !== null) {
    if (airbyte.plan === null) throw needsDeclaration(name)
    return connectorOAuth({ protocol: 'oauth2', plan: airbyte.plan }, airbyte)
  }
  if (spec.oauth2 === null) return null
  return connectorOAuth({ protocol: 'oauth2', plan: compileFlowPlan(spec.oauth2, policy) }, null)
}

/** What the flow.yaml says in place of the connector's own spec. */
async function readNamedSpec(path: string, { name, policy }: Omit<OAuthSource, 'provider'>): Promise<ConnectorOAuth> {
  const { dialect, value } = await readOAuthSpecFile(path)
  if (dialect === 'flow') return connectorOAuth({ protocol: 'oauth2', plan: compileFlowPlan(value, policy) }, null)
  const airbyte = dialect === 'airbyte' ? compileAirbytePlan(value, { provider: name, ...policy }) : null
  if (airbyte?.plan) return connectorOAuth({ protocol: 'oauth2', plan: airbyte.plan }, airbyte)
  throw new SpecError('invalid_connector_spec', `It does not say how credentials are obtained. ${NAME_A_DECLARATION}`, {
    place: path,
  })
}

function connectorOAuth(source: CompiledProvider, airbyte: AirbytePaths | null, title?: string): ConnectorOAuth {
  const { provider } = source.plan
  const plan = source.protocol === 'oauth1' ? planForOAuth1(source.plan) : source.plan
  return { provider, provider_title: title ?? titleOf(provider), plan, source, airbyte }
}

/** The config schema as a person fills it before authorizing. */
export function personSchema(schema: JsonObject, oauth: ConnectorOAuth | null): JsonObject {
  if (oauth === null) return withoutOAuthCredentials(schema, '')
  return oauth.airbyte === null
    ? withoutOAuthCredentials(schema, oauth.provider)
    : withoutAirbyteOutputs(schema, oauth.airbyte)
}

/** What the provider's templates read of a connector's config, by their names for it. */
export function templateConfig(oauth: ConnectorOAuth, config: JsonObject): JsonObject {
  return oauth.airbyte === null ? config : { ...config, ...readOAuthUserInput(oauth.airbyte, config) }
}

/** The config as the connector gets it, credentials in their places. @throws OAuthError as `writeOAuthOutput` */
export function configWithCredentials(
  schema: JsonObject,
  oauth: ConnectorOAuth,
  config: JsonObject,
  { tokens, client_id, client_secret, phase }: OAuthCredentials & { phase: TokenPhase },
): Secret<JsonObject> {
  if (oauth.airbyte === null)
    return mergeCredentials(schema, oauth.provider, config, { tokens, client_id, client_secret })
  const credentials = secret({ ...inAirbyteWords(tokens.reveal()), ...tokens.reveal() })
  return writeOAuthOutput(oauth.airbyte, config, { credentials, client_id, client_secret, phase })
}

/** What Airbyte's specs call the expiry, which provider declarations call `access_token_expires_at`. */
function inAirbyteWords({ access_token_expires_at }: JsonObject): JsonObject {
  return access_token_expires_at === undefined ? {} : { token_expiry_date: access_token_expires_at }
}

const NAME_A_DECLARATION = 'Name a provider declaration by `provider` in endpoint.local of its flow.yaml.'

function needsDeclaration(name: string): SpecError {
  return new SpecError(
    'invalid_connector_spec',
    `The spec of ${name} says where OAuth credentials go, not how they are obtained. ${NAME_A_DECLARATION}`,
  )
}

function titleOf(provider: string): string {
  return provider
    .split(/[-_\s]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ')
}
