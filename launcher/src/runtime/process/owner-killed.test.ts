import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { assertEnded } from '../../fixtures/launch-script.ts'
import { newSealingKey } from '../../sealed-text.ts'
import type { FoundBequest, Inherit } from '../bequest.ts'
import type { Isolation } from './confined-command.ts'
import { findConfinement } from './confinement.ts'
import { killByDirectory } from './leftovers.ts'
import { createProcessRuntime } from './process-runtime.ts'

const { isolation } = await findConfinement('auto')
const OWNER = fileURLToPath(new URL('../../fixtures/owner.ts', import.meta.url))

let place: string
before(async () => {
  place = await mkdtemp(join(tmpdir(), 'sluice-owner-'))
})
after(() => rm(place, { recursive: true, force: true }))

async function startOwner(
  t: TestContext,
  confinement: Isolation,
  spawner: boolean,
  { key = '', PATH = process.env.PATH } = {},
): Promise<{ owner: ChildProcess; directory: string }> {
  const owner = spawn(process.execPath, [OWNER, confinement, String(spawner), place, key], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PATH },
  })
  t.after(() => owner.kill('SIGKILL'))
  assert.ok(owner.stdout)
  const [told] = await once(owner.stdout, 'data')
  const directory = String(told).trim()
  assert.equal(existsSync(directory), true)
  await until(async () => (await processesOf(directory)).length >= 2)
  return { owner, directory }
}

/** Processes that were started with this private directory, by what their environment names. */
async function processesOf(directory: string): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 1 && pid !== process.pid)
  const environments = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')))
  return pids.filter((_, index) => environments[index]?.includes(directory))
}

async function untilGone(directory: string, isGone = () => !existsSync(directory)): Promise<void> {
  const isOver = async () => isGone() && (await processesOf(directory)).length === 0
  await until(isOver, `something of ${directory} is left`)
}

async function until(isSo: () => Promise<boolean>, otherwise = 'it never came to be'): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!(await isSo())) {
    assert.ok(performance.now() < deadline, otherwise)
    await setImmediate()
  }
}

for (const confinement of [...new Set([isolation, 'none'] as const)]) {
  test(`S49 kill -9 of the owner leaves no program and no private directory: its spawner ends them (${confinement})`, async (t) => {
    const { owner, directory } = await startOwner(t, confinement, true)
    owner.kill('SIGKILL')
    await untilGone(directory)
  })

  test(`S49 kill -9 of the owner and all its processes: the next start sweeps what is left (${confinement})`, async (t) => {
    const { owner, directory } = await startOwner(t, confinement, true)
    const [spawner] = await childrenOf(owner.pid)
    assert.ok(spawner)
    process.kill(spawner, 'SIGSTOP')
    owner.kill('SIGKILL')
    await once(owner, 'exit')
    process.kill(spawner, 'SIGKILL')
    await assertEnded(spawner)
    assert.equal(existsSync(join(directory, 'config.json')), true)
    await createProcessRuntime({ confinement, directory: place }).sweep()
    await untilGone(directory)
  })

  test(`S49 an owner without a spawner: its program ends with it, its directory goes at the next start (${confinement})`, async (t) => {
    const { owner, directory } = await startOwner(t, confinement, false)
    owner.kill('SIGKILL')
    await once(owner, 'exit')
    await createProcessRuntime({ confinement, directory: place }).sweep()
    await untilGone(directory)
  })
}

for (const spawnerLives of [true, false]) {
  test(`S49 what a program of a killed owner had rotated is kept until somebody takes it, sealed where its spawner ${spawnerLives ? 'lives' : 'is gone too'}`, async (t) => {
    const key = newSealingKey().toString('base64')
    const { owner, directory } = await startOwner(t, isolation, true, { key })
    await writeFile(join(directory, 'config.json'), '{"token":"rotated-canary"}')
    const [spawner] = await childrenOf(owner.pid)
    assert.ok(spawner)
    if (!spawnerLives) process.kill(spawner, 'SIGSTOP')
    owner.kill('SIGKILL')
    await once(owner, 'exit')
    if (!spawnerLives) process.kill(spawner, 'SIGKILL')
    await (spawnerLives ? untilGone(directory) : assertEnded(spawner))
    const kept = await filesUnder(dirname(directory))
    for (const [name, content] of kept) {
      if (!name.endsWith('config.json')) assert.doesNotMatch(content, /canary|told"/)
    }

    const runtime = createProcessRuntime({ directory: place })
    const found: object[] = []
    const offered = async ({ note, open }: FoundBequest) => {
      found.push({ note, ...(await open(key)) })
    }
    const answers: Inherit[] = [
      (bequest) => offered(bequest).then(() => 'foreign'),
      (bequest) =>
        offered(bequest).then(() => {
          throw new Error('not now')
        }),
      (bequest) => offered(bequest).then(() => 'taken'),
    ]
    await runtime.sweep()
    for (const inherit of answers) {
      assert.ok((await filesUnder(dirname(directory))).size > 0)
      await runtime.sweep(inherit)
    }
    const whole = {
      note: 'whose it was',
      told: '{"token":"told"}',
      files: { 'config.json': '{"token":"rotated-canary"}' },
    }
    assert.deepEqual(found, [whole, whole, whole])
    await untilGone(directory, () => !existsSync(dirname(directory)))
    await runtime.close()
  })
}

async function filesUnder(path: string): Promise<Map<string, string>> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return new Map(await Promise.all(paths.map(async (file) => [file, await readFile(file, 'utf8')] as const)))
}

test('a sweep leaves the programs of an owner that lives alone', async (t) => {
  const { owner, directory } = await startOwner(t, isolation, true)
  await createProcessRuntime({ directory: place }).sweep()
  assert.equal(existsSync(directory), true)
  assert.equal((await processesOf(directory)).length >= 2, true)
  owner.kill('SIGTERM')
  await untilGone(directory)
})

test('whoever looks whether an owner lives leaves no connection behind', async (t) => {
  const runtime = createProcessRuntime({ spawner: true, directory: place })
  t.after(() => runtime.close())
  const program = { name: 'acme/test', command: ['/bin/sleep', '600'], cwd: '/', env: {}, stdin: 'closed' as const }
  await runtime.start(program)
  const connections = () => process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap').length
  const before = connections()
  for (let sweep = 0; sweep < 5; sweep += 1) await createProcessRuntime({ directory: place }).sweep()
  // Each of those runtimes listens on one of its own.
  await until(async () => connections() <= before + 1, `${connections() - before} connections are left`)
})

test('when the spawner is killed its programs have ended, and the next start has a new one', async (t) => {
  const runtime = createProcessRuntime({ spawner: true, directory: place })
  t.after(() => runtime.close())
  const program = { name: 'acme/test', command: ['/bin/sleep', '600'], cwd: '/', env: {}, stdin: 'closed' as const }
  const running = await runtime.start(program)
  const [spawner] = await childrenOf(process.pid, 'spawner-main')
  assert.ok(spawner)
  process.kill(spawner, 'SIGKILL')
  assert.deepEqual(await running.exited, { code: null, signal: 'SIGKILL' })
  await untilGone(running.directory)
  const next = await runtime.start({ ...program, command: ['/bin/sh', '-c', 'exit 3'] })
  assert.deepEqual(await next.exited, { code: 3, signal: null })
})

test('S49 what is killed before its namespace is tied to it leaves nothing there', async (t) => {
  // Stands in for bubblewrap in the moment between making the namespace and asking to end with its parent.
  const bin = await mkdtemp(join(place, 'bin-'))
  const script = '#!/bin/sh\necho up >&5\nsetsid sleep 600 &\nexec sleep 600\n'
  await writeFile(join(bin, 'bwrap'), script, { mode: 0o755 })
  const PATH = `${bin}:${process.env.PATH}`

  const { owner, directory } = await startOwner(t, 'bubblewrap', false, { PATH })
  owner.kill('SIGTERM')
  await untilGone(directory)

  for (const spawner of [true, false]) {
    const runtime = createProcessRuntime({ confinement: 'bubblewrap', spawner, directory: place })
    t.after(() => runtime.close())
    const running = await runtime.start({
      name: 'acme/test',
      command: ['/bin/true'],
      cwd: '/',
      env: { PATH },
      stdin: 'closed',
    })
    await until(async () => (await processesOf(running.directory)).length === 2)
    if (spawner) process.kill((await childrenOf(process.pid, 'spawner-main'))[0] ?? 0, 'SIGKILL')
    else await runtime.close()
    assert.deepEqual(await running.exited, { code: null, signal: 'SIGKILL' })
    await untilGone(running.directory)
  }
})

test('without namespaces and control groups, what names the private directory in its environment is found and killed', async () => {
  const directory = join(place, 'a-private-directory')
  const child = spawn('/bin/sleep', ['600'], { detached: true, stdio: 'ignore', env: { TMPDIR: directory } })
  await once(child, 'spawn')
  await killByDirectory(directory)
  assert.ok(child.pid)
  await assertEnded(child.pid)
})

async function childrenOf(pid: number | undefined, name = 'spawner-main'): Promise<number[]> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').map(Number)
  const lines = await Promise.all(children.map((child) => readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => '')))
  return children.filter((_, index) => lines[index]?.includes(name))
}
