// A pod played by child processes: its volumes are directories, whose paths stand in the commands in place of those
// that they are mounted at.
import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface PodStandIn {
  root: string
  process: ChildProcess
  exec(command: string[]): ChildProcess
  end(): Promise<void>
}

/** Of a container, what is played. */
export interface PlayedContainer {
  command?: string[]
  workingDir?: string | undefined
  env?: { name: string; value?: string }[]
  volumeMounts?: { name: string; mountPath: string }[]
}

/** @param files of the Secret */
export async function startPodStandIn(
  { command: started = [], workingDir = '/', env: variables = [], volumeMounts = [] }: PlayedContainer,
  files: Record<string, string>,
): Promise<PodStandIn> {
  const root = await mkdtemp(join(tmpdir(), 'sluice-pod-'))
  for (const { name, mountPath } of volumeMounts) {
    if (mountPath === '/tmp') continue
    await mkdir(root + mountPath, { recursive: true })
    if (name !== 'secrets') continue
    for (const [file, content] of Object.entries(files)) await writeFile(join(root + mountPath, file), content)
    await chmod(root + mountPath, 0o555)
  }
  const inside = (text: string) => text.replaceAll('/run/sluice', `${root}/run/sluice`)
  const env = {
    PATH: process.env.PATH,
    ...Object.fromEntries(variables.map(({ name, value = '' }) => [name, inside(value)])),
  }
  const children = new Set<ChildProcess>()
  const start = (command: string[]) => {
    const [program = '', ...programArguments] = command.map(inside)
    const child = spawn(program, programArguments, { cwd: workingDir, env, detached: true })
    child.on('error', () => {})
    child.stdin?.on('error', () => {})
    children.add(child)
    return child
  }
  const main = start(started)
  return {
    root,
    process: main,
    exec: start,
    async end() {
      for (const { pid } of children) killGroup(pid)
      await rm(root, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid) process.kill(-pid, 'SIGKILL')
  } catch {
    // Gone already.
  }
}
