import { CliError } from '../cli-error.ts'
import { tableLines } from '../output/table.ts'
import { printable, printableJson } from '../printable.ts'
import type { ServerChoice } from '../profiles/choose-login.ts'
import { spin } from '../spin.ts'
import type { Style, Terminal } from '../terminal.ts'
import { examineMachine } from './examine-machine.ts'
import { examineServer } from './examine-server.ts'
import type { Finding } from './finding.ts'

export interface DoctorOptions extends ServerChoice {
  local: boolean
  data: string | undefined
  port: number
  strict: boolean
  json: boolean
  quiet: boolean
}

const STYLES: Record<Finding['status'], Style> = { ok: 'green', warning: 'yellow', failure: 'red', skipped: 'dim' }

/** Looks at a server, or at this machine, and prints what it found. @throws CliError `unwell` when something must be mended */
export async function doctor(options: DoctorOptions, terminal: Terminal): Promise<void> {
  const looking = options.local ? examineMachine(options, terminal.env) : examineServer(options, terminal)
  const findings = await spin('Looking …', looking, terminal)
  const shown = options.quiet ? findings.filter(({ status }) => status !== 'ok' && status !== 'skipped') : findings
  const bad = findings.filter(({ status }) => status === 'failure' || (options.strict && status === 'warning'))
  if (options.json) await terminal.print(printableJson({ healthy: bad.length === 0, findings: shown }))
  else if (shown.length > 0) await printFindings(shown, terminal)
  const warnings = findings.filter(({ status }) => status === 'warning').length
  if (bad.length === 0)
    return terminal.note(warnings === 0 ? 'All is well.' : `Nothing is broken; ${count(warnings, 'warning')}.`)
  const names = [...new Set(bad.map(({ check }) => check))].join(', ')
  throw new CliError('unwell', `${count(bad.length, 'finding')} to mend: ${names}.`, {
    next_action: 'What to do stands below each of them.',
  })
}

async function printFindings(findings: readonly Finding[], terminal: Terminal): Promise<void> {
  const lines = tableLines(
    [
      { title: 'CHECK', of: ({ check }) => check },
      { title: 'STATUS', of: ({ status }) => status, style: ({ status }) => STYLES[status] },
      { title: 'FOUND', of: ({ detail }) => detail },
    ],
    findings,
    terminal.paintData,
  )
  for (const [index, line] of lines.entries()) {
    await terminal.print(line)
    const action = findings[index - 1]?.next_action ?? null
    if (action !== null) for (const part of action.split('\n')) await terminal.print(`    → ${printable(part)}`)
  }
}

const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`
