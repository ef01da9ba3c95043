import type { CreatedConnectSession } from '@sluice/client'
import { renderUnicodeCompact } from 'uqr'
import type { OutputOptions } from '../../output/output-options.ts'
import { printable, printableJson } from '../../printable.ts'
import type { Terminal } from '../../terminal.ts'

/** The ways in, for the person at the terminal or whom they send it to. */
export function tellLink(created: CreatedConnectSession, { qr }: { qr: boolean }, terminal: Terminal): void {
  const { url, connector_id, repair, device, expires_at } = created
  const what = repair ? 'repair the connection' : `connect ${connector_id}`
  terminal.tell(`Open this link to ${printable(what)}:\n\n  ${printable(url)}\n`)
  if (qr && terminal.is_watched) terminal.tell(`${renderUnicodeCompact(url, { border: 2 })}\n`)
  if (device !== null) {
    terminal.tell(`Or open ${printable(device.verification_uri)} and enter ${terminal.paint('bold', device.user_code)}`)
  }
  terminal.tell(terminal.paint('dim', `It works until ${expires_at}. Ctrl-C stops waiting; the link goes on working.`))
}

/** For scripts that do not wait: the link alone, or the whole session as JSON. */
export async function printLink(created: CreatedConnectSession, options: OutputOptions, terminal: Terminal) {
  if (options.json) await terminal.print(printableJson(created))
  else await terminal.print(printable(options.quiet ? created.id : created.url))
}
