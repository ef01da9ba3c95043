import type { OAuthPlan, RequestTemplates } from './plan.ts'

/**
 * The config fields that a plan's addresses are made from, as steps into the config: whoever changes one of them changes
 * where codes, tokens and the client secret go.
 */
export function configInAddresses(plan: OAuthPlan): string[][] {
  const { behaviour, server } = plan
  const requests: (RequestTemplates | null | undefined)[] = [
    plan.token_request,
    plan.refresh_request,
    behaviour.client_credentials_request,
    behaviour.password_request,
    behaviour.jwt_bearer_request,
    behaviour.revocation?.request,
    behaviour.introspection?.request,
    ...behaviour.follow_ups.map(({ request }) => request),
  ]
  const addresses = [plan.authorization_url, server?.issuer, behaviour.api?.base_url, ...requests.map((it) => it?.url)]
  const fields = new Set(addresses.flatMap((address) => (address ? fieldsIn(address.names) : [])))
  return [...fields].map((field) => field.split('.'))
}

/** Within `{{#config}}…{{/config}}` fields are named without their prefix. */
function fieldsIn(names: ReadonlySet<string>): string[] {
  const dotted = [...names].filter((name) => name.startsWith('config.')).map((name) => name.slice('config.'.length))
  return names.has('config') ? [...dotted, ...[...names].filter((name) => !/^config(\.|$)/.test(name))] : dotted
}
