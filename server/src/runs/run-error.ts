import { ConnectorError } from '@sluice/launcher'
import { OAuthError } from '@sluice/oauth'
import type { Logger } from 'pino'
import { ENABLE } from '../grants/usable-grant.ts'
import { problemFrom } from '../http/problem.ts'
import type { RunError } from './run-outcome.ts'

const nextActions: Record<RunError['verdict'], string> = {
  transient: 'Start the run again; if it keeps failing, look at the provider’s status page.',
  reauthorize: 'Send the person a new connect link: they must authorize again.',
  integration_broken: 'Check the integration’s client id and secret at the provider.',
  connector_broken: 'Look at what the connector said, and mend the connector or its config.',
  disabled: ENABLE,
}

/** What a run's failure means and what to do about it. */
export function runErrorFrom(error: unknown, ending: AbortSignal, log: Logger): RunError {
  if (ending.aborted) {
    if (nameOf(ending.reason) === 'TimeoutError') {
      const message = 'The connector did not come to an end in the time that a run has.'
      return failure('run_too_long', message, 'connector_broken')
    }
    if (nameOf(ending.reason) === 'RunCancelled') {
      return { ...failure('cancelled', 'Somebody cancelled the run.', 'transient'), next_action: 'Start it anew.' }
    }
    return failure('server_stopped', 'The server was stopped while it ran.', 'transient')
  }
  if (error instanceof ConnectorError) {
    return { ...failure(`connector_${error.code}`, error.message, error.verdict), stderr: error.stderr }
  }
  if (error instanceof OAuthError) return failure(error.code, error.message, error.verdict ?? 'integration_broken')
  const problem = problemFrom(error, log)
  return failure(problem.code, problem.message, VERDICTS[problem.code] ?? 'transient')
}

const VERDICTS: Partial<Record<string, RunError['verdict']>> = {
  reauthorization_required: 'reauthorize',
  documents_elsewhere: 'connector_broken',
  connection_disabled: 'disabled',
  connector_not_found: 'connector_broken',
}

/** Of a run whose server died with it, and which may not be tried again. */
export const workerLost: RunError = {
  ...failure('worker_lost', 'The server that ran it stopped before it ended.', 'transient'),
  next_action: 'Start the run again.',
}

function nameOf(reason: unknown): string {
  return reason instanceof Error || reason instanceof DOMException ? reason.name : ''
}

function failure(code: string, message: string, verdict: RunError['verdict']): RunError {
  return { code, message, verdict, next_action: nextActions[verdict], stderr: '' }
}
