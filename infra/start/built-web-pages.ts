import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, constants, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The directory of the built web pages. They are built when there are none, or when a source is newer; where the
 * checkout is read-only they are built into the data directory.
 */
export async function builtWebPages(checkout: string, dataDirectory: string): Promise<string> {
  const sources = ['web', 'client'].map((workspace) => join(checkout, workspace))
  const newestSource = Math.max(...(await Promise.all(sources.map(newestFile))))
  const ownDist = join(checkout, 'web/dist')
  const dataDist = join(dataDirectory, 'web')
  for (const directory of [ownDist, dataDist]) {
    if ((await modified(join(directory, 'connect.html'))) >= newestSource) return directory
  }

  const writable = await access(join(checkout, 'web'), constants.W_OK).then(
    () => true,
    () => false,
  )
  const target = writable ? ownDist : dataDist
  process.stdout.write('Building the web pages …\n')
  await build(join(checkout, 'web'), target)
  return target
}

async function build(web: string, target: string): Promise<void> {
  const vite = join(web, '../node_modules/vite/bin/vite.js')
  const child = spawn(process.execPath, [vite, 'build', '--outDir', target, '--emptyOutDir', '--logLevel', 'error'], {
    cwd: web,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error('The web pages could not be built; the message is above.')
}

async function newestFile(directory: string): Promise<number> {
  const entries = await readdir(directory, { withFileTypes: true })
  const times = entries
    .filter((entry) => !['node_modules', 'dist', 'testing'].includes(entry.name) && !entry.name.includes('.test.'))
    .map((entry) => {
      const path = join(directory, entry.name)
      return entry.isDirectory() ? newestFile(path) : modified(path)
    })
  return Math.max(0, ...(await Promise.all(times)))
}

async function modified(path: string): Promise<number> {
  return stat(path).then(
    (stats) => stats.mtimeMs,
    () => 0,
  )
}
