import { CliError } from '../cli-error.ts'
import { printableJson } from '../printable.ts'
import { openServer } from '../server/open-server.ts'
import type { Terminal } from '../terminal.ts'
import { chainsOfDatabase, recordsOfServer } from './chain-records.ts'
import { type ChainEnd, type ChainReport, verifyRecords } from './verify-records.ts'

interface VerifyOptions {
  server: string | undefined
  profile: string | undefined
  database: boolean
  expect: ChainEnd | undefined
  json: boolean
  quiet: boolean
}

/** Verifies the chain of the API key's tenant, or of every tenant in a database. @throws CliError `audit` at a break */
export async function verifyAudit(options: VerifyOptions, terminal: Terminal): Promise<void> {
  if (!options.database) {
    const report = await verifyRecords(recordsOfServer(openServer(options, terminal)), options.expect ?? null)
    await tell(report, null, options, terminal)
    conclude(report.broken === null ? [] : [report])
    return
  }
  if (options.expect !== undefined) {
    throw new CliError('usage', '--expect names the end of one chain, and --database verifies all.')
  }
  const url = terminal.env.DATABASE_URL
  if (url === undefined || url === '') throw new CliError('usage', 'DATABASE_URL names no database.')
  const broken: ChainReport[] = []
  for await (const { tenant_id, records } of chainsOfDatabase(url)) {
    const report = await verifyRecords(records, null)
    await tell(report, tenant_id, options, terminal)
    if (report.broken !== null) broken.push(report)
  }
  conclude(broken)
}

async function tell(
  { records, end, broken }: ChainReport,
  tenantId: string | null,
  { json, quiet }: VerifyOptions,
  terminal: Terminal,
): Promise<void> {
  const subject = tenantId === null ? 'The chain' : `The chain of tenant ${tenantId}`
  if (json) {
    await terminal.print(printableJson({ tenant_id: tenantId, intact: broken === null, records, end, broken }))
  } else if (broken === null && quiet) {
    await terminal.print(`${end.sequence}:${end.hash}`)
  } else if (broken === null) {
    await terminal.print(`${subject} is intact: ${records} records, end ${end.sequence}:${end.hash}`)
  } else await terminal.print(`${subject} is broken: record ${broken.sequence} ${broken.reason}.`)
}

function conclude([first]: ChainReport[]): void {
  if (first?.broken == null) return
  throw new CliError('audit', `Record ${first.broken.sequence} ${first.broken.reason}.`, {
    next_action: 'Compare it with a backup of the database. Records before it hold.',
  })
}
