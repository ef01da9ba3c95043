import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { CliError } from '../cli-error.ts'
import type { Terminal } from '../terminal.ts'

const run = promisify(execFile)

/** Runs git in a directory. */
export interface Git {
  /** Standard output without its last newline. @throws CliError with git's own words */
  (...args: string[]): Promise<string>
  /** The same, or null where git says no. */
  try(...args: string[]): Promise<string | null>
}

export function gitIn(directory: string, { env, signal }: Pick<Terminal, 'env' | 'signal'>): Git {
  const git = async (...args: string[]) => {
    try {
      // No prompt for a password: it would wait for ever where nobody sits.
      const environment = { ...env, GIT_TERMINAL_PROMPT: '0' }
      const { stdout } = await run('git', args, {
        cwd: directory,
        env: environment,
        signal,
        maxBuffer: 64 * 1024 * 1024,
      })
      return stdout.replace(/\n$/, '')
    } catch (cause) {
      signal.throwIfAborted()
      throw new CliError('source', `git ${args[0]} failed: ${wordsOf(cause)}`, { cause })
    }
  }
  return Object.assign(git, { try: async (...args: string[]) => await git(...args).catch(() => null) })
}

function wordsOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  if ('code' in cause && cause.code === 'ENOENT') return 'git is not installed. Install it.'
  const stderr = 'stderr' in cause ? String(cause.stderr).trim() : ''
  return withoutPasswords(stderr === '' ? cause.message : stderr)
}

/** Addresses may carry a token. */
export function withoutPasswords(text: string): string {
  return text.replace(/(\w+:\/\/)[^/@\s]+@/g, '$1')
}
