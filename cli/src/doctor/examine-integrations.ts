import { ApiError, type components, dataOf, type Integration, type SluiceClient } from '@sluice/client'
import { type Finding, failure, ok, skipped, warning } from './finding.ts'
import { judgeSecret } from './judge-secret.ts'

type IntegrationCheck = components['schemas']['IntegrationCheck']

const PAGE = 200

/** What to register for each integration, with the proof that it is what an authorization request carries. */
export async function examineIntegrations(client: SluiceClient): Promise<Finding[]> {
  const integrations: Integration[] = []
  let cursor: string | null = null
  do {
    const query: { limit: number; cursor?: string } = { limit: PAGE, ...(cursor !== null && { cursor }) }
    const page: { data: Integration[]; next_cursor: string | null } | null = await dataOf(
      client.GET('/v1/integrations', { params: { query } }),
    ).catch(withoutScope)
    if (page === null) return [skipped('redirect URI', 'The API key may not read integrations.')]
    integrations.push(...page.data)
    cursor = page.next_cursor
  } while (cursor !== null)
  if (integrations.length === 0) return [skipped('redirect URI', 'There are no integrations yet.')]
  const findings: Finding[] = []
  for (const integration of integrations) {
    const params = { path: { id: integration.id } }
    const check = await dataOf(client.POST('/v1/integrations/{id}/check', { params })).catch(withoutScope)
    findings.push(judgeRedirectUri(integration, check), ...judgeSecret(integration))
  }
  return findings
}

function judgeRedirectUri({ id, name, redirect_uri }: Integration, check: IntegrationCheck | null): Finding {
  const title = 'redirect URI'
  const shown = `${name}: ${redirect_uri}`
  const data = { integration_id: id, redirect_uri, sent: check?.sent ?? null }
  if (check === null) return ok(title, `${shown} (not proven: the API key may not check integrations)`, data)
  if (check.error !== null) {
    const next_action = `${check.error.message}\nWithout a connection there is no config to try; the URI to register stands.`
    return warning(title, `${shown}, not proven (${check.error.code})`, next_action, data)
  }
  if (check.equal === true) {
    return ok(title, `${shown} is what requests to ${check.authorization_endpoint} carry`, data)
  }
  const next_action =
    check.sent === null
      ? 'The provider’s declaration leaves redirect_uri out of the request. Mend it, or register the one that is shown.'
      : 'The provider’s declaration changes it. Mend the declaration, or register what is sent.'
  return failure(title, `${shown} is shown, but ${check.sent ?? 'none'} is sent`, next_action, data)
}

function withoutScope(error: unknown): null {
  if (error instanceof ApiError && error.code === 'scope_missing') return null
  throw error
}
