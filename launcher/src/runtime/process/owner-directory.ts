// Where private directories of runs lie: under a root of the user's, a directory of mode 0700 for each owner (a server,
// a command), with a socket on which the owner listens for as long as it lives. Whoever finds such a directory learns by
// connecting whether its owner still lives, across containers that share it and without trusting process ids.
import { randomBytes } from 'node:crypto'
import { lstat, mkdir, readdir, realpath, rename } from 'node:fs/promises'
import { createConnection, createServer, type Socket } from 'node:net'
import { basename, join } from 'node:path'
import { removeAllButBequestsNow } from '../bequest.ts'

const STARTING = '.starting-'
const SOCKET = 'owner.sock'
/** No owner takes so long from making its directory to listening. */
const STARTING_MS = 60_000

export interface OwnerDirectory {
  path: string
  /** Hears who connects to the owner's socket; without it connections are closed. */
  onConnection: (socket: Socket) => void
  /** Removes it at once, as at the end of the process; what is kept for whoever sweeps stays. */
  removeNow(): void
}

/** @returns `sluice-runs-<user>` under `parent`, made where missing. @throws Error when it is somebody else's */
export async function openRunsRoot(parent: string): Promise<string> {
  const user = process.getuid?.() ?? 0
  const root = join(await realpath(parent), `sluice-runs-${user}`)
  await mkdir(root, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  const found = await lstat(root)
  if (found.isDirectory() && found.uid === user && (found.mode & 0o077) === 0) return root
  throw new Error(`${root} is not a directory of this user alone. Remove it, or set TMPDIR to a directory of its own.`)
}

/** Makes the directory of this owner under `root`. It does not keep the process running. */
export async function createOwnerDirectory(root: string): Promise<OwnerDirectory> {
  const name = randomBytes(9).toString('base64url')
  const path = join(root, name)
  // Under another name until the socket listens, so that a sweep never sees one without a living owner.
  const starting = join(root, STARTING + name)
  await mkdir(join(starting, 'stage'), { recursive: true, mode: 0o700 })
  const owner: OwnerDirectory = {
    path,
    onConnection: (socket) => socket.destroy(),
    removeNow() {
      server.close()
      removeAllButBequestsNow(path)
    },
  }
  const server = createServer({ allowHalfOpen: true }, (socket) => owner.onConnection(socket))
  server.on('error', () => {})
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path: join(starting, SOCKET), backlog: 511 }, resolve)
  })
  server.unref()
  await rename(starting, path)
  return owner
}

/** The socket of an owner. */
export function ownerSocket(directory: string): string {
  return join(directory, SOCKET)
}

/** An empty directory of an owner, to mount on. */
export function ownerStage(directory: string): string {
  return join(directory, 'stage')
}

/** Directories under `root` whose owner is gone. */
export async function findOrphanedDirectories(root: string): Promise<string[]> {
  const paths = (await readdir(root).catch(() => [])).map((name) => join(root, name))
  const orphaned = await Promise.all(paths.map(async (path) => ((await isOrphaned(path)) ? path : null)))
  return orphaned.filter((path) => path !== null)
}

/** Whether nobody listens for this owner any more. */
export async function isOrphaned(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => null)
  if (!found?.isDirectory()) return false
  if (basename(path).startsWith(STARTING)) return Date.now() - found.mtimeMs > STARTING_MS
  return await new Promise<boolean>((resolve) => {
    const socket = createConnection(ownerSocket(path))
    socket.once('connect', () => {
      socket.destroy()
      resolve(false)
    })
    // Refused: nobody listens. No socket: it was half removed. Anything else may be a living owner that is busy.
    socket.once('error', (error: NodeJS.ErrnoException) =>
      resolve(['ECONNREFUSED', 'ENOENT'].includes(error.code ?? '')),
    )
  })
}
