import { dataOf } from '@sluice/client'
import { CliError } from '../../cli-error.ts'
import { printRecords } from '../../output/print-records.ts'
import { printableJson } from '../../printable.ts'
import { openServer } from '../../server/open-server.ts'
import { spin } from '../../spin.ts'
import type { Terminal } from '../../terminal.ts'
import type { OneConnection } from './read-connections.ts'

const STYLES = { passed: 'green', failed: 'red', skipped: 'dim' } as const

/** Has the server try config, grant and connector, and prints each check. @throws CliError `unwell` when one fails */
export async function testConnection(options: OneConnection, terminal: Terminal): Promise<void> {
  const client = openServer(options, terminal)
  const params = { path: { id: options.id } }
  const testing = dataOf(client.POST('/v1/connections/{id}/test', { params }))
  const { checks, ...result } = await spin('Testing …', testing, terminal)
  if (options.json) await terminal.print(printableJson({ ...result, checks }))
  else {
    const rows = checks.map((check) => ({ id: check.check, ...check }))
    await printRecords(rows, {
      columns: [
        { title: 'CHECK', of: ({ check }) => check },
        { title: 'OUTCOME', of: ({ outcome }) => outcome, style: ({ outcome }) => STYLES[outcome] },
        { title: 'MS', of: ({ duration_ms }) => duration_ms },
        { title: 'WHY', of: ({ message }) => message ?? '' },
      ],
      options,
      terminal,
      nothing: 'There was nothing to test.',
    })
  }
  if (result.passed) return
  const why = checks.find(({ outcome }) => outcome === 'failed')?.message ?? ''
  throw new CliError('unwell', `The connection did not pass its test. ${why}`.trimEnd(), {
    ...(result.next_action !== null && { next_action: result.next_action }),
  })
}
