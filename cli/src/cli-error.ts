import type { Exit } from './exit-codes.ts'

/** Ends the command with `error: message`, the next action below it, and the exit code of `exit`. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly exit: Exit
  /** What to do now; null when the message says it. */
  readonly next_action: string | null

  constructor(exit: Exit, message: string, options: { next_action?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.exit = exit
    this.next_action = options.next_action ?? null
  }
}
