// What is wrong with a connection, as a person, an operator and a program want to know it.
import type { OAuthError, Verdict } from '@sluice/oauth'
import type { ConnectionStatus, GrantProblem, ProblemOwner } from '../database/schema.ts'

const WORDS: Record<Verdict | 'in_doubt', { code: string; owner: ProblemOwner; next_action: string }> = {
  transient: {
    code: 'provider_unavailable',
    owner: 'provider',
    next_action: 'Nothing is to be done: it is tried again by itself.',
  },
  reauthorize: {
    code: 'reauthorization_required',
    owner: 'person',
    next_action: 'Have the person authorize again, by a connect session for this connection.',
  },
  integration_broken: {
    code: 'integration_refused',
    owner: 'operator',
    next_action:
      'Compare the integration’s client id and secret, and what it is registered for, with the provider’s console.',
  },
  connector_broken: {
    code: 'connector_broken',
    owner: 'connector_author',
    next_action: 'Have the connector’s OAuth spec mended; `sluice specs lint` names the place.',
  },
  in_doubt: {
    code: 'grant_in_doubt',
    owner: 'person',
    next_action:
      'The current access token serves until it expires. Have the person authorize again before that, to be safe.',
  },
}

export interface Trouble {
  verdict: Verdict | 'in_doubt'
  cause: string
  provider_error?: GrantProblem['provider_error']
  retry_at: Date | null
}

/** `earlier` is the problem that the connection already has: of the same kind, it began then. */
export function describeProblem(
  { verdict, cause, provider_error = null, retry_at }: Trouble,
  earlier: GrantProblem | null,
  now: Date,
): GrantProblem {
  const { code, owner, next_action } = WORDS[verdict]
  const same = earlier?.code === code ? earlier : null
  return {
    code,
    verdict,
    cause,
    owner,
    next_action,
    provider_error,
    since: same?.since ?? now.toISOString(),
    retry_at: retry_at?.toISOString() ?? null,
    announced: earlier?.announced ?? false,
    ...(earlier?.untold && { untold: true }),
  }
}

export function statusFor(verdict: Verdict | 'in_doubt'): ConnectionStatus {
  return verdict === 'reauthorize' ? 'needs_reauthorization' : 'failing'
}

/** Whether the tenant is told: an outage that mends itself is no news, and would be news from every connection. */
export function isToldOf(verdict: Verdict | 'in_doubt'): boolean {
  return verdict !== 'transient' && verdict !== 'in_doubt'
}

/** The verdict of a failure that the engine gave none. */
export function verdictOf(error: OAuthError): Verdict {
  return error.verdict ?? 'connector_broken'
}
