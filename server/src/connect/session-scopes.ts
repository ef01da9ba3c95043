// The scopes of a connect session: what is asked for, and what must have been granted.
import type { OAuthPlan } from '@sluice/oauth'
import { grantedScopes, mergeNeeds, type NeededScopes, scopesIn, scopesToAsk } from '../grants/scopes.ts'
import { Problem } from '../http/problem.ts'
import type { IntegrationRow } from '../integrations/integration-record.ts'
import type { Services } from '../services.ts'
import type { ConnectSession } from './connect-link.ts'

type WantedScopes = Pick<ConnectSession, 'required_scopes' | 'optional_scopes'>

/** What the session says it needs; where it says nothing, what its integration needs. */
export function sessionNeeds(
  session: WantedScopes,
  integration: Pick<IntegrationRow, 'required_scopes' | 'optional_scopes'>,
): NeededScopes {
  const { required_scopes: required, optional_scopes: optional } = session
  if (required === null && optional === null) {
    return { required: integration.required_scopes, optional: integration.optional_scopes }
  }
  return mergeNeeds({ required: required ?? [], optional: optional ?? [] })
}

/** What an authorization request of a session asks for, before the person has chosen. */
export interface ScopeQuestion {
  /** Null: what the connector asks for by itself. */
  asked: string[] | null
  /** Those of them that the person may leave out. */
  optional: string[]
}

/**
 * A repair asks for what the connection was made with and what it needs by now; while its grant is alive, and where the
 * provider adds scopes to a grant, for the difference alone.
 */
export async function scopeQuestion(
  services: Services,
  plan: OAuthPlan,
  session: ConnectSession,
  needs: NeededScopes,
): Promise<ScopeQuestion> {
  const standing = session.repair ? await standingGrant(services, session) : null
  if (standing === null) return { asked: listed([...needs.required, ...needs.optional]), optional: needs.optional }
  const granted = grantedScopes(standing)
  const all = mergeNeeds(needs, { required: standing.required_scopes, optional: standing.optional_scopes })
  const difference = standing.status === 'healthy' ? scopesToAsk(plan, { ...all, granted }) : null
  const asked = difference ?? listed([...(standing.requested_scopes ?? granted), ...all.required, ...all.optional])
  return { asked, optional: all.optional.filter((scope) => asked?.includes(scope) === true) }
}

/**
 * The scopes of the authorization request; null: what the connector asks for by itself.
 *
 * @param chosen the optional scopes that the person left selected; undefined: all of them
 * @throws Problem 422 `scope_not_offered`, or `no_scope_chosen` where nothing would be left to ask for
 */
export function scopesToAskFor({ asked, optional }: ScopeQuestion, chosen: string[] | undefined): string[] | null {
  if (asked === null || chosen === undefined) return asked
  const stranger = chosen.find((scope) => !optional.includes(scope))
  if (stranger !== undefined) {
    throw new Problem(
      422,
      'scope_not_offered',
      'A scope was chosen that this link does not offer. Load the page again.',
    )
  }
  const left = asked.filter((scope) => !optional.includes(scope) || chosen.includes(scope))
  if (left.length > 0) return left
  throw new Problem(422, 'no_scope_chosen', 'Nothing would be asked for. Leave at least one permission selected.')
}

const listed = (scopes: string[]) => (scopes.length === 0 ? null : [...new Set(scopes)])

async function standingGrant({ db }: Services, { tenant_id, connection_id }: ConnectSession) {
  const row = await db
    .selectFrom('connections')
    .innerJoin('grants', 'grants.connection_id', 'connections.id')
    .select(['connections.status', 'connections.required_scopes', 'connections.optional_scopes'])
    .select(['grants.scope', 'grants.requested_scopes'])
    .where('connections.tenant_id', '=', tenant_id)
    .where('connections.id', '=', connection_id)
    .executeTakeFirst()
  return row ?? null
}

/**
 * Requires that what the provider granted holds every required scope that was asked for. A provider that does not say
 * what it granted granted what was asked for (RFC 6749 §5.1).
 *
 * @throws Problem 422 `scopes_missing`, naming them
 */
export function requireGrantedScopes({ required }: NeededScopes, asked: string[] | null, granted: string | null): void {
  if (granted === null) return
  const given = new Set(scopesIn(granted).map(comparable))
  const missing = required.filter((scope) => (asked ?? required).includes(scope) && !given.has(comparable(scope)))
  if (missing.length === 0) return
  throw new Problem(
    422,
    'scopes_missing',
    `Not everything that is needed was allowed: ${missing.join(', ')} is missing. Try again and leave it selected.`,
  )
}

/** Providers answer with the long form of what was asked for by its short one: `https://graph.example.com/Mail.Read`. */
function comparable(scope: string): string {
  return (/^https?:/.test(scope) ? scope.slice(scope.lastIndexOf('/') + 1) : scope).toLowerCase()
}
