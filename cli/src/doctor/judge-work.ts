import { type Finding, failure, ok, warning } from './finding.ts'
import type { Diagnostics } from './judge-database.ts'

const LATE_MS = 5 * 60_000

export function judgeQueue({ queue, now }: Pick<Diagnostics, 'queue' | 'now'>): Finding[] {
  const { jobs, refreshes_due, oldest_refresh_due_at, webhooks_waiting } = queue
  const sum = (field: 'waiting' | 'late' | 'active' | 'failed') => jobs.reduce((total, job) => total + job[field], 0)
  const detail = `${sum('active')} at work, ${sum('waiting')} waiting, ${sum('late')} late, ${sum('failed')} failed in a day`
  const data = { jobs }
  const late = jobs.filter((job) => job.late > 0).map(({ name }) => name)
  const failed = jobs.filter((job) => job.failed > 0).map(({ name }) => name)
  const overdue = oldest_refresh_due_at !== null && Date.parse(now) - Date.parse(oldest_refresh_due_at) > LATE_MS
  const due = `${refreshes_due} due${oldest_refresh_due_at === null ? '' : ` since ${oldest_refresh_due_at}`}`
  return [
    late.length > 0
      ? failure(
          'queue',
          `${detail} (${late.join(', ')})`,
          'Add servers, or see in the log what holds the jobs up.',
          data,
        )
      : failed.length > 0
        ? warning('queue', `${detail} (${failed.join(', ')})`, 'The server’s log names the jobs that failed.', data)
        : ok('queue', detail, data),
    overdue
      ? failure('refreshes', due, 'Add servers, or see in the log what holds refreshes up; tokens expire meanwhile.')
      : ok('refreshes', due),
    ok('webhooks', `${webhooks_waiting} deliveries waiting`),
  ]
}

export function judgeConfinement({ confinement }: Diagnostics): Finding[] {
  const { kind, summary, gaps } = confinement
  if (kind === 'none') return [failure('confinement', summary, gaps.join('\n') || 'Install bubblewrap.', { kind })]
  if (gaps.length > 0) return [warning('confinement', summary, gaps.join('\n'), { kind })]
  return [ok('confinement', summary, { kind })]
}

/** Neither Node's fetch here nor the server's requests to providers go through a proxy. */
export function judgeProxies({ proxy_variables }: Diagnostics, env: NodeJS.ProcessEnv): Finding[] {
  const here = ['HTTPS_PROXY', 'HTTP_PROXY', 'https_proxy', 'http_proxy'].filter((name) => env[name])
  const next_action = 'Let the server reach providers directly, or by a proxy that needs no setting.'
  const findings: Finding[] = []
  if (proxy_variables.length > 0) {
    const detail = `The server does not heed ${proxy_variables.join(', ')}: its requests go out directly.`
    findings.push(warning('proxy', detail, next_action))
  }
  if (here.length > 0) {
    findings.push(
      warning('proxy', `This command does not heed ${here.join(', ')}.`, 'Let it reach the server directly.'),
    )
  }
  return findings.length > 0 ? findings : [ok('proxy', 'no proxy variables are set')]
}
