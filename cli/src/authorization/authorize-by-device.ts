import { setTimeout } from 'node:timers/promises'
import type { ObtainedGrant } from '@sluice/oauth'
import { CliError } from '../cli-error.ts'
import { printable } from '../printable.ts'
import type { Terminal } from '../terminal.ts'
import type { AskedAuthorization } from './asked-authorization.ts'
import { spell } from './wait-for-callback.ts'

/** Shows a code to type on any other device (RFC 8628), and asks until the person has decided. */
export async function authorizeByDevice(
  { task, plan, client_id, conversation, config }: AskedAuthorization,
  { timeout }: { timeout: number },
  terminal: Terminal,
): Promise<ObtainedGrant> {
  const device = await conversation.startDeviceAuthorization({ config, signal: terminal.signal })
  const uri = device.verification_uri_complete ?? device.verification_uri
  terminal.note(`${printable(task)}: provider ${printable(plan.provider)}, client ${printable(client_id)}`)
  terminal.tell(`\nOpen this address on any device:\n\n  ${printable(device.verification_uri)}\n`)
  terminal.tell(`and enter the code  ${terminal.paint('bold', printable(device.user_code))}\n`)
  if (terminal.is_watched) {
    const { renderUnicodeCompact } = await import('uqr')
    terminal.tell(`${renderUnicodeCompact(uri)}\n`)
  }
  terminal.note(`Waiting ${spell(timeout)}. Ctrl-C gives up.`)
  const deadline = AbortSignal.timeout(timeout)
  const signal = AbortSignal.any([deadline, terminal.signal])
  try {
    const wait = (milliseconds: number) => setTimeout(milliseconds, undefined, { signal })
    return await conversation.pollDevice({ device, wait, config, signal })
  } catch (error) {
    if (!deadline.aborted || terminal.signal.aborted) throw error
    throw new CliError('timeout', `The code was not entered within ${spell(timeout)}.`, {
      next_action: 'Run the command again, or allow more time by --timeout.',
      cause: error,
    })
  }
}
