import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CliError } from '../cli-error.ts'
import { openTask, type TaskChoice } from '../connector/open-task.ts'
import { report } from '../output/report.ts'
import { printableJson } from '../printable.ts'
import type { Terminal } from '../terminal.ts'
import { containerFile, IGNORED } from './container-file.ts'

export interface BuildOptions extends TaskChoice {
  tag: string | undefined
  engine: string
  force: boolean
  json: boolean
}

/** Writes the container file beside the flow.yaml, and builds the image when a tag is given. */
export async function buildConnector(options: BuildOptions, terminal: Terminal): Promise<void> {
  const task = await openTask(options, terminal, { with_config: false })
  const names = await readdir(task.cwd)
  const flag = options.force ? 'w' : 'wx'
  const written: string[] = []
  const write = async (name: string, text: string) => {
    const path = join(task.cwd, name)
    try {
      await writeFile(path, text, { flag })
    } catch (cause) {
      if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause
      return terminal.note(`  ${path} is there already and stays as it is; --force replaces it.`)
    }
    written.push(path)
    terminal.note(`  ${terminal.paint('green', '+')} ${path}`)
  }
  await write('Containerfile', containerFile(task, { names }))
  await write('.containerignore', IGNORED.join('\n'))
  if (options.tag === undefined) {
    const next = `\nBuild it:\n  ${options.engine} build -f ${join(task.cwd, 'Containerfile')} -t ${task.name} ${task.cwd}`
    return await report({ written, image: null }, next, options, terminal)
  }
  await runEngine(
    options.engine,
    ['build', '-f', join(task.cwd, 'Containerfile'), '-t', options.tag, task.cwd],
    terminal,
  )
  await terminal.print(options.json ? printableJson({ written, image: options.tag }) : options.tag)
}

async function runEngine(engine: string, args: string[], { env, signal }: Terminal): Promise<void> {
  const child = spawn(engine, args, { stdio: ['ignore', 2, 2], env, signal })
  const [outcome] = await Promise.race([once(child, 'error'), once(child, 'exit')])
  if (outcome === 0) return
  const why = outcome instanceof Error ? `${engine} could not be started` : `${engine} ended with ${outcome}`
  throw new CliError('connector', `The image was not built: ${why}.`, {
    next_action: 'Install Docker or Podman, or name it by --engine; without --tag only the files are written.',
  })
}
