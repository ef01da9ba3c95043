// Bounds for a program with all that it forks, where control groups are delegated to whoever runs this.
import assert from 'node:assert/strict'
import type { Dirent } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import type { Program } from '../runtime.ts'
import { findConfinement } from './confinement.ts'
import { OWNER_GROUP } from './control-group.ts'
import { createProcessRuntime } from './process-runtime.ts'

const { groups, isolation } = await findConfinement('auto')
const held = groups?.controllers ?? []
const skipWithout = (name: 'memory' | 'pids' | 'cpu') =>
  held.includes(name) ? false : `no control groups with ${name} are delegated to this user`

for (const confinement of isolation === 'none' ? (['none'] as const) : ([isolation, 'none'] as const)) {
  const runtime = createProcessRuntime({ confinement })
  after(() => runtime.close())

  const finish = async (script: string, limits: Program['limits'] & {}) => {
    const command = [process.execPath, '-e', script]
    const running = await runtime.start({
      ...{ name: 'acme/test', command, cwd: tmpdir(), env: {}, stdin: 'closed', limits },
    })
    const [stdout, exit] = await Promise.all([text(running.stdout), running.exited])
    return { stdout, exit }
  }

  test(`memory is bounded for all processes together (${confinement})`, { skip: skipWithout('memory') }, async () => {
    // Each of the two alone would fit.
    const half = `const held = Buffer.alloc(150e6, 1); setTimeout(() => held[0], 5000)`
    const script = `const { spawn } = require('node:child_process')
      for (let n = 0; n < 2; n += 1) spawn(process.execPath, ['-e', ${JSON.stringify(half)}], { stdio: 'inherit' })`
    const { exit } = await finish(script, { memory_bytes: 250e6 })
    assert.equal(exit.limit, 'memory')
  })

  test(`so many processes and no more (${confinement})`, { skip: skipWithout('pids') }, async () => {
    const script = `require('node:child_process').exec('n=0; while [ $n -lt 60 ]; do sleep 1 & n=$((n+1)); done; echo all', (error, out) => console.log(out))`
    const { stdout } = await finish(script, { processes: 40 })
    assert.ok(!stdout.includes('all'), 'sixty were started')
  })

  test(`a share of the processors and no more (${confinement})`, { skip: skipWithout('cpu') }, async () => {
    const script = `const start = process.cpuUsage(), until = Date.now() + 1500; while (Date.now() < until);
      const { user, system } = process.cpuUsage(start); console.log(user + system)`
    const { stdout } = await finish(script, { cpus: 0.25 })
    assert.ok(Number(stdout) < 900_000, `${stdout.trim()} µs of 1.5 s were used`)
  })
}

test('what an unconfined program detached and moved out of its group ends with it all the same', {
  skip: groups ? false : 'no control groups are delegated to this user',
}, async (t) => {
  assert.ok(groups)
  const runtime = createProcessRuntime({ confinement: 'none' })
  t.after(() => runtime.close())
  const names = await readdir(groups.path)
  const elsewhere = names.includes('sluice-server') ? `${groups.path}/sluice-server` : groups.path
  const script = `const { spawn } = require('node:child_process')
    const { pid } = spawn('/bin/sleep', ['600'], { detached: true, stdio: 'ignore' })
    const group = () => require('node:fs').readFileSync('/proc/' + pid + '/cgroup', 'utf8').split('\\n').find((line) => line.startsWith('0:'))
    const before = group()
    require('node:fs').writeFileSync('${elsewhere}/cgroup.procs', String(pid))
    console.log(JSON.stringify([pid, before !== group()])); process.exit()`
  const command = [process.execPath, '-e', script]
  const running = await runtime.start({ name: 'acme/test', command, cwd: tmpdir(), env: {}, stdin: 'closed' })
  const [stdout] = await Promise.all([text(running.stdout), running.exited])
  const [pid, moved] = JSON.parse(stdout) as [number, boolean]
  assert.equal(moved, true)
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  assert.match(status, /^$|\) [ZX] /)
})

test('a server that is alone in its group is moved below it, and the groups of its runs go with them', {
  skip: held.length > 0 ? false : 'no control groups are delegated to this user',
}, async () => {
  assert.ok(groups)
  const own = await readFile('/proc/self/cgroup', 'utf8')
  const names = await readdir(groups.path)
  assert.ok(names.includes('sluice-server') ? own.includes('sluice-server') : true, own)
  const runs = names.filter((name) => name.startsWith(OWNER_GROUP))
  for (const owner of runs) {
    const left: Dirent[] = (await readdir(`${groups.path}/${owner}`, { withFileTypes: true })).filter((entry) =>
      entry.isDirectory(),
    )
    assert.deepEqual(left, [])
  }
})
