// A root file system of this machine's own programs with what they need to start, so that tests have an image without a
// registry: a shell with a few of its friends, Node, and Python where there is one.
import { execFile, execFileSync, spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'

const SHELL = ['sh', 'cat', 'cp', 'mv', 'rm', 'head', 'mkdir', 'mkfifo', 'chmod', 'sleep', 'true']
/** No connector needs them, and they are half of it. */
const LEFT_OUT = ['test', 'tests', 'site-packages', 'dist-packages', '__pycache__', 'idlelib', 'tkinter', 'config-*']

export interface RootFileSystem {
  /** A tar archive. */
  archive(): Readable
  remove(): Promise<void>
}

/** @param trees directories to put in, by the path they get */
export async function makeRootFileSystem(trees: Record<string, string> = {}): Promise<RootFileSystem> {
  const root = await mkdtemp(join(tmpdir(), 'sluice-root-'))
  // A tree of links; the archive holds what they lead to.
  const put = async (path: string, source: string) => {
    const link = join(root, path)
    if (existsSync(link)) return
    await mkdir(dirname(link), { recursive: true })
    await symlink(realpathSync(source), link)
  }
  const programs = SHELL.map((name) => [`/bin/${name}`, which(name)] as const)
  const python = findPython()
  const extensions = python ? await readdir(join(python.library, 'lib-dynload')).catch(() => []) : []
  const linked = [
    ...programs.map(([, source]) => source),
    process.execPath,
    ...(python ? [python.program, ...extensions.map((name) => join(python.library, 'lib-dynload', name))] : []),
  ]
  for (const library of await librariesOf(linked)) await put(library, library)
  for (const [path, source] of programs) await put(path, source)
  await put('/usr/local/bin/node', process.execPath)
  if (python) {
    await put(python.program, python.program)
    await put(python.library, python.library)
    await mkdir(join(root, 'usr/bin'), { recursive: true })
    const script = `#!/bin/sh\nexec ${python.program} "$@"\n`
    await writeFile(join(root, 'usr/bin/python3'), script, { mode: 0o755 })
  }
  for (const [path, source] of Object.entries(trees)) await put(path, source)
  await mkdir(join(root, 'tmp'))
  return {
    archive() {
      const options = [
        '--dereference',
        '--owner=0',
        '--group=0',
        '--mode=a+rX',
        ...LEFT_OUT.map((name) => `--exclude=${name}`),
      ]
      const tar = spawn('tar', ['-c', ...options, '-C', root, '.'], { stdio: ['ignore', 'pipe', 'ignore'] })
      return tar.stdout
    },
    remove: () => rm(root, { recursive: true }),
  }
}

function which(name: string): string {
  const found = (process.env.PATH ?? '').split(delimiter).find((directory) => existsSync(join(directory, name)))
  if (found === undefined) throw new Error(`There is no ${name} on this machine.`)
  return join(found, name)
}

/** The program itself, behind whatever starts it, and its library. */
function findPython(): { program: string; library: string } | null {
  const script =
    'import os, sys, sysconfig; print(os.path.realpath(sys.executable)); print(sysconfig.get_path("stdlib"))'
  try {
    const [program = '', library = ''] = execFileSync('python3', ['-c', script], { encoding: 'utf8' }).split('\n')
    return { program, library }
  } catch {
    return null
  }
}

/** The shared libraries that programs are linked with, the loader included. */
async function librariesOf(programs: readonly string[]): Promise<string[]> {
  const tell = async (program: string) => {
    const { stdout } = await promisify(execFile)('ldd', [program]).catch(() => ({ stdout: '' }))
    return [...stdout.matchAll(/(?:=> |^\s+)(\/\S+) \(/gm)].map(([, path = '']) => path)
  }
  return [...new Set((await Promise.all(programs.map(tell))).flat())]
}
