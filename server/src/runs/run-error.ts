import { ConnectorError } from '@sluice/launcher'
import { OAuthError } from '@sluice/oauth'
import type { Logger } from 'pino'
import { problemFrom } from '../http/problem.ts'
import type { RunError } from './run-outcome.ts'

const nextActions: Record<RunError['verdict'], string> = {
  transient: 'Start the run again; if it keeps failing, look at the provider’s status page.',
  reauthorize: 'Send the person a new connect link: they must authorize again.',
  integration_broken: 'Check the integration’s client id and secret at the provider.',
  connector_broken: 'Look at what the connector said, and mend the connector or its config.',
}

/** What a run's failure means and what to do about it. */
export function runErrorFrom(error: unknown, ending: AbortSignal, log: Logger): RunError {
  if (ending.aborted) {
    const timedOut = ending.reason instanceof DOMException && ending.reason.name === 'TimeoutError'
    return timedOut
      ? failure('run_too_long', 'The connector did not come to an end in the time that a run has.', 'connector_broken')
      : failure('server_stopped', 'The server was stopped while it ran.', 'transient')
  }
  if (error instanceof ConnectorError) {
    return { ...failure(`connector_${error.code}`, error.message, error.verdict), stderr: error.stderr }
  }
  if (error instanceof OAuthError) return failure(error.code, error.message, error.verdict ?? 'integration_broken')
  const problem = problemFrom(error, log)
  const verdict = problem.code === 'reauthorization_required' ? 'reauthorize' : 'transient'
  return failure(problem.code, problem.message, verdict)
}

function failure(code: string, message: string, verdict: RunError['verdict']): RunError {
  return { code, message, verdict, next_action: nextActions[verdict], stderr: '' }
}
