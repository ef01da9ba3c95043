import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, constants, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { decryptDocument, encryptDocument, SopsError } from '@sluice/connector-specs'
import { CliError } from '../cli-error.ts'
import type { ReportOptions } from '../output/output-options.ts'
import { report } from '../output/report.ts'
import type { Terminal } from '../terminal.ts'
import { readConfigFile, replaceFile } from './config-file.ts'
import { keySources } from './key-sources.ts'

/** Memory, where there is such a directory, so that the clear text touches no disk. */
const MEMORY = '/dev/shm'

/** Opens an encrypted config in the person's editor, and encrypts what they saved for the same recipients. */
export async function editConfig(
  { file: path, ...options }: { file: string } & ReportOptions,
  terminal: Terminal,
): Promise<void> {
  const { text, format } = await readConfigFile(path)
  const sources = await keySources(terminal)
  const opened = await decryptDocument(text, format, sources)
  const directory = await mkdtemp(join(await scratchPlace(), 'sluice-edit-'))
  try {
    const clear = join(directory, basename(path))
    await writeFile(clear, opened.text, { mode: 0o600 })
    for (;;) {
      await runEditor(clear, terminal)
      const edited = await readFile(clear, 'utf8')
      if (edited === opened.text) {
        return await report({ file: path, changed: false }, 'Nothing was changed.', options, terminal)
      }
      const sealed = await encryptDocument(edited, format, opened, { sources, now: new Date() }).catch(
        (error: unknown) => (error instanceof SopsError && terminal.can_ask ? error : Promise.reject(error)),
      )
      if (typeof sealed === 'string') {
        await replaceFile(path, sealed)
        return await report({ file: path, changed: true }, `${path} is encrypted again.`, options, terminal)
      }
      terminal.tell(
        `${terminal.paint('red', 'error:')} ${sealed.message} Opening the editor again; empty the file to give up.`,
      )
      if (edited.trim() === '') throw new CliError('source', 'The edit was given up; the file is as it was.')
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function scratchPlace(): Promise<string> {
  return await access(MEMORY, constants.W_OK).then(
    () => MEMORY,
    () => tmpdir(),
  )
}

/** `EDITOR` may carry arguments, as it may for git; it is run by the shell for that reason. */
async function runEditor(file: string, { env, signal }: Terminal): Promise<void> {
  const editor = env.SOPS_EDITOR ?? env.VISUAL ?? env.EDITOR ?? 'vi'
  const child = spawn('sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit', env, signal })
  const [code] = await once(child, 'exit')
  if (code === 0) return
  throw new CliError('source', `The editor (${editor}) ended with ${code}; the file is as it was.`, {
    next_action: 'Set EDITOR to the editor that you want.',
  })
}
