import type { components } from '@sluice/client'
import { type Finding, failure, ok, warning } from './finding.ts'

export type Diagnostics = components['schemas']['Diagnostics']

const OLDEST_MAJOR = 15
const CLOCK_WARNING_MS = 2000
const SLOW_MS = 100

export function judgeDatabase({ database }: Pick<Diagnostics, 'database'>): Finding[] {
  return [judgeVersion(database), judgeMigrations(database), judgeClock(database)]
}

function judgeVersion({ version, round_trip_ms }: Diagnostics['database']): Finding {
  const data = { version, round_trip_ms }
  const detail = `Postgres ${version}, answers in ${Math.round(round_trip_ms)} ms`
  if (Number.parseInt(version, 10) < OLDEST_MAJOR) {
    return failure('database', detail, `Move to Postgres ${OLDEST_MAJOR} or later.`, data)
  }
  if (round_trip_ms < SLOW_MS) return ok('database', detail, data)
  return warning('database', detail, 'Bring server and database nearer to each other, or see what keeps it busy.', data)
}

function judgeMigrations({ migrations }: Diagnostics['database']): Finding {
  const { applied, missing, foreign } = migrations
  if (missing.length > 0) {
    return failure('migrations', `Missing: ${missing.join(', ')}.`, 'Start the server again: it migrates at the start.')
  }
  if (foreign.length > 0) {
    const detail = `A newer server migrated the database: ${foreign.join(', ')}.`
    return warning('migrations', detail, 'Bring every server to the same version.')
  }
  return ok('migrations', `all ${applied.length} applied`)
}

function judgeClock({ clock_offset_ms }: Diagnostics['database']): Finding {
  const check = 'database clock'
  if (Math.abs(clock_offset_ms) < CLOCK_WARNING_MS) return ok(check, 'agrees with the server’s')
  const detail = `It is ${Math.abs(clock_offset_ms)} ms ${clock_offset_ms > 0 ? 'ahead of' : 'behind'} the server’s.`
  return warning(check, detail, 'Have both machines follow a time server (NTP).')
}
