import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'
import { chooseDataDirectory, lockDataDirectory } from './data-directory.ts'
import { temporaryDirectory } from './testing/temporary-directory.ts'

const asRoot = process.getuid?.() === 0
const onlyRoot = { skip: asRoot ? false : 'needs root' }
const onlyUser = { skip: asRoot ? 'root writes everywhere' : false }

test('data lies in the checkout, where nobody lists it', (t) => {
  const checkout = temporaryDirectory(t)
  const directory = chooseDataDirectory({ checkout })
  assert.equal(directory, join(checkout, '.sluice'))
  assert.equal(statSync(directory).mode & 0o777, asRoot ? 0o711 : 0o700)
})

test('a configured directory is made and used, relative to the checkout', (t) => {
  const checkout = temporaryDirectory(t)
  assert.equal(chooseDataDirectory({ checkout, configured: 'var/data' }), join(checkout, 'var/data'))
})

test('a configured directory that is a file is refused with the next action', (t) => {
  const checkout = temporaryDirectory(t)
  writeFileSync(join(checkout, 'data'), '')
  assert.throws(() => chooseDataDirectory({ checkout, configured: 'data' }), {
    code: 'data_directory_unusable',
    message: /SLUICE_DATA/,
  })
})

test('as root, below a closed directory, data lies where Postgres gets to it', onlyRoot, (t) => {
  const outside = temporaryDirectory(t)
  const closed = join(outside, 'closed')
  const checkout = join(closed, 'my-checkout')
  mkdirSync(checkout, { recursive: true })
  chmodSync(closed, 0o700)

  const directory = chooseDataDirectory({ checkout, system_data_home: join(outside, 'var/lib') })
  assert.equal(dirname(directory), join(outside, 'var/lib/sluice'))
  assert.match(basename(directory), /^my-checkout-[0-9a-f]{8}$/)
  assert.equal(chooseDataDirectory({ checkout, system_data_home: join(outside, 'var/lib') }), directory)
})

test('as root, a checkout that already holds a database keeps it', onlyRoot, (t) => {
  const checkout = temporaryDirectory(t)
  mkdirSync(join(checkout, '.sluice/postgres/cluster'), { recursive: true })
  chmodSync(checkout, 0o700)
  assert.equal(chooseDataDirectory({ checkout, system_data_home: '/nowhere' }), join(checkout, '.sluice'))
})

test('as an ordinary user, beside a read-only checkout, data lies in the user’s own place', onlyUser, (t) => {
  const outside = temporaryDirectory(t)
  const checkout = join(outside, 'checkout')
  mkdirSync(checkout, { mode: 0o555 })
  const directory = chooseDataDirectory({ checkout, data_home: join(outside, 'share') })
  assert.equal(dirname(directory), join(outside, 'share/sluice'))
})

test('a second server on the same directory is told who has it and what to do', async (t) => {
  const directory = temporaryDirectory(t)
  const lock = await lockDataDirectory(directory)
  await assert.rejects(lockDataDirectory(directory), (error: Error & { code: string }) => {
    assert.equal(error.code, 'data_directory_locked')
    assert.match(error.message, new RegExp(`process ${process.pid}\\) is using ${directory}.*SLUICE_DATA`))
    return true
  })
  lock.release()
  await lockDataDirectory(directory)
})
