// Airbyte's dialect in its three generations (contracts/wire-protocols.md §1): declarative OAuth, `advanced_auth` with
// path maps only, and `authSpecification`.

import { startCompilation } from '../compilation.ts'
import { invalidSpec } from '../invalid-spec.ts'
import type { UrlPolicy } from '../url-policy.ts'
import type { AirbyteOAuth } from './airbyte-oauth.ts'
import { readAuthSpecification } from './auth-specification.ts'
import { compileDeclarative } from './compile-declarative.ts'
import { parseConnectorSpecification } from './connector-specification.ts'
import { readPathMaps } from './path-maps.ts'

export interface AirbytePlanOptions extends Partial<UrlPolicy> {
  /** The spec has no name for its provider; the connector's is used for errors and buttons. Default `airbyte`. */
  provider?: string
}

/**
 * Compiles what a ConnectorSpecification says of OAuth: the plan of a declarative one, and the path maps into and out of
 * the config in every generation. Where `needs` is `provider_declaration`, the plan must come from a provider declaration
 * (`compileProviderPlan`). Null when the connector has no OAuth.
 *
 * @throws OAuthError `invalid_spec` with every finding, each with a JSON pointer into the spec as it was written.
 */
export function compileAirbytePlan(
  connectorSpecification: unknown,
  { provider = 'airbyte', ...options }: AirbytePlanOptions = {},
): AirbyteOAuth | null {
  const parsed = parseConnectorSpecification(connectorSpecification)
  const compilation = startCompilation({ allow_loopback: false, allowed_hosts: [], allowed_ports: [], ...options })
  const { advanced_auth, connector_input, auth_specification } = parsed

  const oauth = ((): AirbyteOAuth | null => {
    if (advanced_auth !== null) {
      const paths = readPathMaps(advanced_auth.value, connector_input?.value ?? null)
      if (connector_input === null)
        return { ...paths, generation: 'advanced_auth', plan: null, needs: 'provider_declaration' }
      if (paths.auth_flow_type === 'oauth1.0') {
        compilation.refuse('/advanced_auth/auth_flow_type', 'auth_flow_type', 'is declared by URLs for oauth2.0 only')
      }
      const plan = compileDeclarative(compilation, provider, connector_input, paths)
      return { ...paths, generation: 'declarative', plan, needs: null }
    }
    if (auth_specification === null) return null
    const paths = readAuthSpecification(auth_specification.value, parsed.connection_specification)
    return { ...paths, generation: 'auth_specification', plan: null, needs: 'provider_declaration' }
  })()

  const findings = [...parsed.findings, ...compilation.findings]
  if (findings.length > 0) throw invalidSpec(findings)
  if (oauth === null) return null
  const { warnings } = compilation
  return oauth.generation === 'declarative'
    ? { ...oauth, warnings, plan: { ...oauth.plan, warnings } }
    : { ...oauth, warnings }
}
