// A pod played by child processes: its volumes are directories, whose paths stand in the commands in place of those
// that they are mounted at.
import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JobRequest } from './cluster-objects.ts'

export interface PodStandIn {
  root: string
  process: ChildProcess
  exec(command: string[]): ChildProcess
  end(): Promise<void>
}

export async function startPodStandIn(job: JobRequest, files: Record<string, string>): Promise<PodStandIn> {
  const root = await mkdtemp(join(tmpdir(), 'sluice-pod-'))
  const [container] = job.spec.template.spec.containers
  for (const { name, mountPath } of container.volumeMounts) {
    if (mountPath === '/tmp') continue
    await mkdir(root + mountPath, { recursive: true })
    if (name !== 'secrets') continue
    for (const [file, content] of Object.entries(files)) await writeFile(join(root + mountPath, file), content)
    await chmod(root + mountPath, 0o555)
  }
  const inside = (text: string) => text.replaceAll('/run/sluice', `${root}/run/sluice`)
  const env = {
    PATH: process.env.PATH,
    ...Object.fromEntries(container.env.map(({ name, value }) => [name, inside(value)])),
  }
  const children = new Set<ChildProcess>()
  const start = (command: string[]) => {
    const [program = '', ...programArguments] = command.map(inside)
    const child = spawn(program, programArguments, { cwd: container.workingDir ?? '/', env, detached: true })
    child.on('error', () => {})
    child.stdin?.on('error', () => {})
    children.add(child)
    return child
  }
  const main = start(container.command)
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
