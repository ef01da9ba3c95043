// What an Airbyte connector tells beside its answer: logs, rotated configs, and whether it failed. Exit codes mislead,
// so a verdict is made of all that was said.
import type { JsonObject } from '@sluice/connector-specs'
import type { ConnectorError } from '../connector-error.ts'
import { harvestConfig } from '../harvest-config.ts'
import type { Launch } from '../launch.ts'
import { shorten } from '../printable.ts'
import { readJsonLine } from '../read-json-line.ts'
import type { Run } from '../run.ts'
import type { Exit } from '../runtime/runtime.ts'
import { levelNamed } from '../stderr-log.ts'
import { type AirbyteMessage, type AirbyteTrace, readAirbyteMessage } from './messages.ts'

const SHOWN = 1_000
/** Where Airbyte's CDK keeps rotated tokens unless a connector says otherwise (`refresh_token_updater`). */
const USUAL_PLACES = ['/credentials/access_token', '/credentials/refresh_token', '/credentials/token_expiry_date']

/** The messages that answer a question; the others are heard here. */
export type AirbyteAnswer = Extract<AirbyteMessage, { type: 'RECORD' | 'SPEC' | 'CATALOG' | 'STATE' | 'TRACE' }>

export interface AirbyteListener {
  /** The answer that a line holds, if any. @throws OutputFault when the line breaks the protocol */
  hear(line: Buffer): AirbyteAnswer | null
  /** Whether a CONNECTION_STATUS said that all is well. */
  succeeded(): boolean
  /** Judges an operation that is over: an error that was told, a failed status, a bad exit. @throws ConnectorError */
  judge(exit: Exit, during: string): Promise<void>
}

/** @param config as the connector was given it; null when it was given none */
export function airbyteListener(run: Run, launch: Launch, config: JsonObject | null): AirbyteListener {
  let error: NonNullable<AirbyteTrace['error']> | null = null
  let status: 'SUCCEEDED' | 'FAILED' | null = null
  let reason = ''

  const takeConfig = (rotated: JsonObject) => {
    if (!config) return run.log('warn', 'A rotated config was told of by an operation without config, and ignored.')
    const { config_schema, mapped = [], secrets } = launch
    const rules = { ...(config_schema && { config_schema }), mapped: [...USUAL_PLACES, ...mapped], secrets }
    const harvest = harvestConfig(config, rotated, rules)
    for (const pointer of harvest.refused)
      run.log('warn', `The rotated ${pointer} breaks the config schema and was left.`)
    if (harvest.taken.length > 0) run.rotated(harvest.config)
  }

  return {
    hear(line) {
      const value = readJsonLine(line)
      const message = typeof value === 'string' ? null : readAirbyteMessage(value)
      if (message === null) {
        const text = typeof value === 'string' ? value : line.toString('utf8')
        if (text.trim() !== '') run.log('info', text)
        return null
      }
      switch (message.type) {
        case 'LOG': {
          const { level, message: said, stack_trace } = message.body
          run.log(levelNamed(level) ?? 'info', said, stack_trace ? { stack_trace } : {})
          return null
        }
        case 'CONTROL':
          if (message.body.connectorConfig) takeConfig(message.body.connectorConfig.config)
          return null
        case 'CONNECTION_STATUS':
          status = message.body.status
          reason = message.body.message ?? ''
          return null
        case 'UNKNOWN':
          run.log('warn', `A message of the unknown type ${message.name} was left out.`)
          return null
        case 'TRACE': {
          const traced = message.body.error
          if (!traced) return message
          error = traced
          const { internal_message, stack_trace } = traced
          run.log('error', traced.message, {
            ...(internal_message && { internal_message }),
            ...(stack_trace && { stack_trace }),
          })
          return null
        }
        default:
          return message
      }
    },
    succeeded: () => status === 'SUCCEEDED',
    async judge(exit, during) {
      if (error) throw await tracedError(run, error, exit, during)
      if (status === 'FAILED') {
        const words = reason ? `: ${shorten(run.showable(reason), SHOWN)}` : '.'
        throw await run.fail('refused', `cannot work with this config${words}`, { exit_code: exit.code })
      }
      await run.judge(exit, during)
    },
  }
}

async function tracedError(
  run: Run,
  error: NonNullable<AirbyteTrace['error']>,
  exit: Exit,
  during: string,
): Promise<ConnectorError> {
  const words = shorten(run.showable(error.message), SHOWN)
  const details = { exit_code: exit.code }
  if (error.failure_type === 'config_error') {
    return await run.fail('refused', `cannot work with this config: ${words}`, details)
  }
  const verdict = error.failure_type === 'transient_error' ? 'transient' : 'connector_broken'
  return await run.fail('failed', `failed while ${during}: ${words}`, { ...details, verdict })
}
