import { daysSince, type Finding, ok, warning } from './finding.ts'

const OLD_DAYS = 365

interface DatedSecret {
  id: string
  name: string
  client_secret_changed_at: string | null
}

/** The age of an integration's client secret; nothing where it has none. */
export function judgeSecret({ id, name, client_secret_changed_at }: DatedSecret): Finding[] {
  if (client_secret_changed_at === null) return []
  const age = daysSince(client_secret_changed_at)
  const detail = `${name}: ${age} days old`
  const next_action = `Make a new one at the provider, then: sluice integrations change ${id} --client-secret-stdin`
  return [age < OLD_DAYS ? ok('client secret', detail) : warning('client secret', detail, next_action)]
}
