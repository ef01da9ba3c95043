import { CliError } from '../cli-error.ts'
import { describeFailure } from '../describe-failure.ts'
import { printable, printableJson } from '../printable.ts'
import type { Terminal } from '../terminal.ts'

/** Takes one step; its result goes on, its note is shown. */
export type Steps = <T>(name: string, work: () => Promise<{ result: T; note: string }>) => Promise<T>

/** A step that ended, but not as it should. The message is a sentence about the connector. */
export class StepFailure extends Error {}

interface Step {
  step: string
  passed: boolean
  duration_ms: number
  note: string
}

/** Runs steps until one fails, showing each as it ends. @throws CliError `connector` when one failed */
export async function takeSteps(
  { json }: { json: boolean },
  terminal: Terminal,
  run: (step: Steps) => Promise<void>,
): Promise<void> {
  let failed: { name: string; note: string } | null = null
  const tell = async ({ step, passed, duration_ms, note }: Step) => {
    if (json) return await terminal.print(printableJson({ step, passed, duration_ms, note }))
    const mark = passed ? terminal.paint('green', '✔') : terminal.paint('red', '✖')
    const time = terminal.paint('dim', `${duration_ms} ms`)
    const tellStep = passed ? terminal.note : terminal.tell
    tellStep(`${mark} ${step.padEnd(9)} ${printable(note)} ${time}`)
  }
  const step: Steps = async (name, work) => {
    const start = performance.now()
    const elapsed = () => Math.round(performance.now() - start)
    try {
      const { result, note } = await work()
      await tell({ step: name, passed: true, duration_ms: elapsed(), note })
      return result
    } catch (error) {
      terminal.signal.throwIfAborted()
      const note = error instanceof StepFailure ? error.message : describeFailure(error).message
      failed = { name, note }
      await tell({ step: name, passed: false, duration_ms: elapsed(), note })
      throw error
    }
  }
  try {
    await run(step)
  } catch (error) {
    if (failed === null) throw error
    const { name } = failed as { name: string }
    throw new CliError('connector', `The connector does not pass the step ${name}.`, {
      next_action: 'Mend what the line above says, and run the test again.',
      cause: error,
    })
  }
  terminal.note(terminal.paint('green', 'The connector passes.'))
}
