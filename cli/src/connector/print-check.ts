import { ConnectorError, offered } from '@sluice/launcher'
import { printableJson } from '../printable.ts'
import type { Terminal } from '../terminal.ts'
import { bindingsToTry, type PreparedTask, type PrepareOptions, prepareTask } from './prepare-task.ts'

/** Has the connector try its config, and prints one JSON line. @throws ConnectorError when it cannot work with it */
export async function printCheck(options: PrepareOptions, terminal: Terminal): Promise<void> {
  const prepared = await prepareTask(options, terminal)
  try {
    await check(prepared)
  } catch (error) {
    if (error instanceof ConnectorError && (error.code === 'refused' || error.code === 'exited')) {
      await terminal.print(printableJson({ status: 'FAILED', message: error.message }))
    }
    throw error
  }
  await terminal.print(printableJson({ status: 'SUCCEEDED' }))
}

/** Where a protocol has no check, its connectors try the config when they discover and validate. */
async function check(prepared: PreparedTask): Promise<void> {
  const { protocol, launch, task, config } = prepared
  if (protocol.check) return await protocol.check(launch, config)
  const bindings = await bindingsToTry(prepared)
  await offered(protocol, 'validate')(launch, { name: task.name, config: prepared.config, bindings })
}
