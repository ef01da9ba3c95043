import { password, text } from '@clack/prompts'
import { plainClient, type TaskClient } from '@sluice/connector-specs'
import { secret } from '@sluice/oauth'
import { answered } from '../ask.ts'
import type { Terminal } from '../terminal.ts'

const notEmpty = (value: string | undefined) => (value ? undefined : 'Type it, or press Ctrl-C to give up.')

/** Asks on the terminal for what is not known. The secret is not echoed. */
export async function askForClient(knownId: string | null, { signal }: Terminal): Promise<TaskClient> {
  const shared = { output: process.stderr, signal, validate: notEmpty }
  const client_id = knownId ?? answered(await text({ ...shared, message: 'Client id registered at the provider' }))
  const client_secret = answered(await password({ ...shared, message: `Client secret of ${client_id}` }))
  return plainClient(client_id, secret(client_secret))
}
