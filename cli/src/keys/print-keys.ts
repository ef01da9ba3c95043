import { dataOf } from '@sluice/client'
import { printable, printableJson } from '../printable.ts'
import { openServer } from '../server/open-server.ts'
import type { Terminal } from '../terminal.ts'

/** Prints which keys seal and wrap. */
export async function printKeys(
  options: { server: string | undefined; profile: string | undefined; json: boolean; quiet: boolean },
  terminal: Terminal,
) {
  const keys = await dataOf(openServer(options, terminal).GET('/v1/keys'))
  if (options.json) return terminal.print(printableJson(keys))
  for (const { id, store, current, data_keys } of keys.key_encryption_keys) {
    if (options.quiet && current) return terminal.print(printable(id))
    const role = current ? 'wraps' : data_keys > 0 ? 'still needed' : 'no longer needed'
    await terminal.print(printable(`key-encryption key ${id}: ${role}, ${data_keys} data keys, in ${store}`))
  }
  for (const [index, { id, created_at, retired_at }] of keys.data_keys.entries()) {
    const role = retired_at !== null ? `retired ${retired_at}` : index === 0 ? 'seals' : 'still needed'
    await terminal.print(`data key ${id}: ${role}, made ${created_at}`)
  }
  if (keys.rotation !== null) {
    const { id, status, rows_resealed, rows_total } = keys.rotation
    await terminal.print(`rotation ${id}: ${status}, ${rows_resealed} of ${rows_total} values sealed anew`)
  }
}
