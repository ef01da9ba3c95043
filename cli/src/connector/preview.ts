// `sluice raw preview`: what a capture would do in the runtime, session after session, as `flowctl preview` prints it.
import { offered } from '@sluice/launcher'
import { printable, printableJson } from '../printable.ts'
import type { Terminal } from '../terminal.ts'
import { openReading, type Reading, type StateChoice, timeLimit } from './open-reading.ts'
import { type PreparedTask, type PrepareOptions, prepareTask } from './prepare-task.ts'

export interface PreviewOptions extends Omit<PrepareOptions, 'timeout'>, StateChoice {
  /** Transactions of each session; -1 does not bound one. */
  sessions: number[]
  /** Milliseconds that the sessions may take together. */
  timeout?: number | undefined
  outputState: boolean
  outputApply: boolean
}

interface Counts {
  documents: number
  transactions: number
  /** Documents behind the last checkpoint. */
  uncommitted: number
}

export async function preview(options: PreviewOptions, terminal: Terminal): Promise<void> {
  const { timeout, sessions, ...rest } = options
  const prepared = await prepareTask(rest, terminal)
  const reading = await openReading(prepared, options, terminal)
  const limit = timeLimit(timeout, terminal)
  const counts: Counts = { documents: 0, transactions: 0, uncommitted: 0 }
  for (const [index, target] of sessions.entries()) {
    if (limit.isOver()) break
    if (index > 0)
      terminal.note(terminal.paint('dim', `Session ${index + 1} goes on from the state of the one before.`))
    try {
      await runSession({ prepared, reading, target, counts, options, signal: limit.signal }, terminal)
    } catch (error) {
      if (!limit.isOver()) throw error
    }
  }
  const { documents, transactions, uncommitted } = counts
  const rest_ = uncommitted > 0 ? `, the last ${uncommitted} of them not committed` : ''
  terminal.note(
    `${documents} documents in ${transactions} transactions${rest_}${limit.isOver() ? '; the time is over' : ''}`,
  )
}

interface Session {
  prepared: PreparedTask
  reading: Reading
  target: number
  counts: Counts
  options: PreviewOptions
  signal: AbortSignal
}

/** Ends after so many checkpoints, when the connector ends, or by the signal. */
async function runSession({ prepared, reading, target, counts, options, signal }: Session, terminal: Terminal) {
  const { protocol, launch } = prepared
  let transactions = 0
  counts.uncommitted = 0
  for await (const event of offered(protocol, 'read')({ ...launch, signal }, reading.request())) {
    switch (event.type) {
      case 'applied':
        if (options.outputApply)
          await terminal.print(printableJson(['applied.actionDescription', event.action_description]))
        break
      case 'document':
        await terminal.print(printableJson([reading.collection(event.binding), event.document]))
        counts.documents += 1
        counts.uncommitted += 1
        break
      case 'checkpoint': {
        reading.commit(event.state)
        counts.transactions += 1
        counts.uncommitted = 0
        transactions += 1
        const { updated, merge_patch } = event.state
        const state = { updated, ...(merge_patch && { mergePatch: true }) }
        if (options.outputState) await terminal.print(printableJson(['connectorState', state]))
        break
      }
      case 'status':
        terminal.note(`${terminal.paint('cyan', 'state')} ${printable(event.message)}`)
        break
    }
    if (target >= 0 && transactions >= target) return
  }
}
