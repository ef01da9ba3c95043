// What root may do says little of what an ordinary user may: the tests of this directory once more, as one.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, statSync } from 'node:fs'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

/** `nobody`; there is no need of an account. */
const USER = 65534
const FILES = ['process-runtime.test.ts', 'owner-killed.test.ts']
const here = fileURLToPath(new URL('.', import.meta.url))

function reasonToSkip(): string | false {
  if (process.getuid?.() !== 0) return 'this is an ordinary user already'
  for (let path = here; path !== dirname(path); path = dirname(path)) {
    if ((statSync(path).mode & 0o005) !== 0o005) return `other users may not read ${path}`
  }
  accessSync(process.execPath, constants.X_OK)
  return false
}

test('programs are confined, bounded and ended for an ordinary user as they are for root', {
  skip: reasonToSkip(),
}, async () => {
  const home = await mkdtemp(join(tmpdir(), 'sluice-user-'))
  try {
    await chown(home, USER, USER)
    const files = FILES.map((name) => join(here, name))
    const child = spawn(process.execPath, ['--test', '--test-timeout=60000', ...files], {
      uid: USER,
      gid: USER,
      cwd: process.cwd(),
      env: { PATH: process.env.PATH, HOME: home, TMPDIR: home },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
    assert.equal(code, 0, output)
    assert.match(output, /pass [1-9]/)
  } finally {
    await rm(home, { recursive: true, force: true })
  }
})
