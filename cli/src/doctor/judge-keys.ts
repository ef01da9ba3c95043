import { daysSince, type Finding, failure, ok, warning } from './finding.ts'
import type { Diagnostics } from './judge-database.ts'

const OLD_DAYS = 365

export function judgeKeys({ keys }: Pick<Diagnostics, 'keys'>): Finding[] {
  const { store, current, needed, oldest_sealing_key_at, rotation } = keys
  const findings = [ok('encryption key', `${current.id} in ${store}`, { id: current.id })]
  const others = needed.filter(({ id }) => id !== current.id)
  if (others.length > 0) {
    const names = others.map(({ id, data_keys }) => `${id} (${data_keys} data keys)`).join(', ')
    findings.push(warning('earlier keys', `Still needed: ${names}.`, 'Keep them, and run: sluice keys rotate'))
  }
  if (oldest_sealing_key_at !== null) {
    const age = daysSince(oldest_sealing_key_at)
    const detail = `the oldest that seals is ${age} days old`
    findings.push(age < OLD_DAYS ? ok('data keys', detail) : warning('data keys', detail, 'Run: sluice keys rotate'))
  }
  if (rotation !== null && rotation.error_code !== null) {
    const next_action = 'See the server’s log. What was sealed with earlier keys keeps them until it is mended.'
    findings.push(failure('key rotation', `It met ${rotation.error_code}.`, next_action))
  } else if (rotation?.status === 'running') findings.push(ok('key rotation', 'running'))
  return findings
}
