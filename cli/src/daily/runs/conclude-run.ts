import type { Run } from '@sluice/client'
import { CliError } from '../../cli-error.ts'
import type { Exit } from '../../exit-codes.ts'
import type { OutputOptions } from '../../output/output-options.ts'
import { printRecord } from '../../output/print-records.ts'
import { printableJson } from '../../printable.ts'
import type { Terminal } from '../../terminal.ts'

const EXITS: Record<NonNullable<Run['error']>['verdict'], Exit> = {
  transient: 'provider',
  integration_broken: 'provider',
  reauthorize: 'authorization',
  connector_broken: 'connector',
  disabled: 'server',
}

/** Prints a run: all of it as JSON, else what a person wants to see first. */
export async function printRun(run: Run, options: OutputOptions, terminal: Terminal): Promise<void> {
  if (options.json && !options.quiet) return await terminal.print(printableJson(run))
  const { id, connection_id, operation, status, attempt, document_count, document_bytes, finished_at } = run
  const { created_at, error } = run
  await printRecord(
    {
      id,
      connection_id,
      operation,
      status,
      attempt,
      document_count,
      document_bytes,
      created_at,
      finished_at,
      error: error?.message,
    },
    options,
    terminal,
  )
}

/** Prints a run that is over. @throws CliError by its verdict when it failed, `interrupted` when it was cancelled */
export async function concludeRun(run: Run, options: OutputOptions, terminal: Terminal): Promise<void> {
  await printRun(run, options, terminal)
  if (run.status === 'cancelled') throw new CliError('interrupted', 'The run was cancelled. What was committed stays.')
  if (run.error === null) return
  const { message, next_action, verdict } = run.error
  throw new CliError(EXITS[verdict], message, { next_action })
}
