import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { text } from 'node:stream/consumers'
import { after, describe, test } from 'node:test'
import { secret } from '@sluice/connector-specs'
import { type Program, type RunningProgram, StartError } from '../runtime.ts'
import { findConfinement } from './confinement.ts'
import { createProcessRuntime } from './process-runtime.ts'

const best = (await findConfinement('auto')).isolation
/** What this host can do: the best, and everything weaker. */
const possible = {
  bubblewrap: best === 'bubblewrap',
  namespaces: best !== 'none' && (await findConfinement('namespaces')).tied,
  none: true,
}

for (const [confinement, spawner] of [
  ['bubblewrap', false],
  ['bubblewrap', true],
  ['namespaces', false],
  ['none', false],
  ['none', true],
] as const) {
  const skip = possible[confinement] ? false : `this host has no ${confinement}`
  describe(`confined by ${confinement}, started by ${spawner ? 'the spawner' : 'this process'}`, { skip }, () => {
    const runtime = createProcessRuntime({ confinement, spawner })
    after(() => runtime.close())

    const node = (script: string, more: Partial<Program> = {}): Program => ({
      name: 'acme/test',
      command: [process.execPath, '-e', script],
      cwd: tmpdir(),
      env: {},
      stdin: 'closed',
      ...more,
    })
    const finish = async (running: RunningProgram) => {
      const [stdout, stderr, exit] = await Promise.all([text(running.stdout), text(running.stderr), running.exited])
      return { stdout, stderr, exit }
    }

    test('a program reads its files from a private directory, writes on descriptor 3, and leaves what is harvested', async () => {
      const script = `const fs = require('node:fs'); const { HOME } = process.env
        const mode = (path) => (fs.statSync(path).mode & 0o777).toString(8)
        fs.writeSync(3, JSON.stringify([mode(HOME), mode(HOME + '/config.json'), process.argv[1]]))
        fs.writeFileSync(HOME + '/config.json', fs.readFileSync(HOME + '/config.json', 'utf8') + ' rotated')
        fs.symlinkSync('/etc/passwd', HOME + '/linked'); process.stdout.write('out'); process.stderr.write('err'); process.exitCode = 7`
      const running = await runtime.start((directory) => ({
        ...node(script),
        command: [process.execPath, '-e', script, `${directory}/config.json`],
        files: { 'config.json': secret('{}') },
        harvest: ['config.json', 'linked', 'missing'],
        result_fd: 3,
      }))
      assert.ok(running.result)
      const [result, { stdout, stderr, exit }] = await Promise.all([text(running.result), finish(running)])
      assert.deepEqual(JSON.parse(result), ['700', '600', `${running.directory}/config.json`])
      assert.deepEqual([stdout, stderr, exit], ['out', 'err', { code: 7, signal: null }])
      assert.equal((await running.readFile('config.json'))?.toString(), '{} rotated')
      assert.deepEqual([await running.readFile('linked'), await running.readFile('missing')], [null, null])
      assert.equal(existsSync(running.directory), false)
    })

    test('stdin is closed or a pipe to its end, and a file is replaced as a whole while the program runs', async () => {
      const running = await runtime.start(
        node(
          `process.stdin.on('data', (data) => process.stdout.write(require('node:fs').readFileSync(process.env.HOME + '/token') + ':' + data))`,
          { stdin: 'pipe', files: { token: 'first' } },
        ),
      )
      running.stdin?.write('a ')
      const read = running.stdout[Symbol.asyncIterator]()
      assert.equal(String((await read.next()).value), 'first:a ')
      await running.writeFile('token', secret('second'))
      running.stdin?.end('b')
      assert.equal(String((await read.next()).value), 'second:b')
      assert.deepEqual(await running.exited, { code: 0, signal: null })
      const closed = await runtime.start(node(`process.stdin.resume().on('end', () => console.log('ended'))`))
      assert.equal(closed.stdin, null)
      assert.equal((await finish(closed)).stdout, 'ended\n')
    })

    test('stopping asks first and kills after the grace, whatever has been forked or detached', async () => {
      const polite = await runtime.start(
        node(
          `process.on('SIGTERM', () => { console.log('asked'); process.exit(5) }); console.log('up'); setInterval(() => {}, 1000)`,
        ),
      )
      await upTo(polite, 'up')
      const rest = text(polite.stdout)
      assert.deepEqual(await polite.stop(10_000), { code: 5, signal: null })
      assert.equal(await rest, 'asked\n')

      const plain = await runtime.start(node(`console.log('up'); setInterval(() => {}, 1000)`))
      await upTo(plain, 'up')
      assert.deepEqual(await plain.stop(10_000), { code: null, signal: 'SIGTERM' })

      const marker = `marker-${process.pid}-${Math.random()}`
      const stubborn = await runtime.start(
        node(
          `const { spawn } = require('node:child_process')
           const ignore = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("up")'
           process.on('SIGTERM', () => {})
           const own = spawn(process.execPath, ['-e', ignore, '${marker}'], { stdio: 'inherit', detached: true })
           own.unref(); setInterval(() => {}, 1000)`,
        ),
      )
      await upTo(stubborn, 'up')
      assert.equal((await processesWith(marker)).length > 0, true)
      assert.deepEqual(await stubborn.stop(50), { code: null, signal: 'SIGKILL' })
      await untilNone(marker)
    })

    test('what a program detached does not outlive it, and a program that closes its output is seen to do so', async () => {
      const marker = `marker-${process.pid}-${Math.random()}`
      const leaving = await runtime.start(
        node(
          `require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', '${marker}'], { stdio: 'ignore', detached: true }).unref()`,
        ),
      )
      assert.deepEqual(await leaving.exited, { code: 0, signal: null })
      await untilNone(marker)

      const silent = await runtime.start(
        node(`require('node:fs').closeSync(1); setInterval(() => {}, 1000)`, { stdin: 'pipe' }),
      )
      assert.equal(await text(silent.stdout), '')
      assert.deepEqual(await silent.stop(5_000), { code: null, signal: 'SIGTERM' })
    })

    test('time, file size and memory are bounded, and no core is dumped', async () => {
      const late = await runtime.start(node('setInterval(() => {}, 1000)', { limits: { time_ms: 300 } }))
      assert.deepEqual(await late.exited, { code: null, signal: 'SIGTERM', limit: 'time' })
      const shell = (script: string, limits: Program['limits']) =>
        runtime.start(node('', { command: ['/bin/sh', '-c', script], ...(limits && { limits }) }))
      const big = await finish(
        await shell('ulimit -c; ulimit -t; head -c 100000 /dev/zero > "$HOME/big"; wc -c < "$HOME/big"', {
          file_bytes: 10_240,
          cpu_seconds: 60,
        }),
      )
      assert.deepEqual(big.stdout.trim().split(/\s+/), ['0', '60', '10240'])
      const fat = await runtime.start(
        node(`const all = []; for (;;) all.push(Buffer.alloc(1e7, 1))`, { limits: { memory_bytes: 300e6 } }),
      )
      const { exit } = await finish(fat)
      assert.notDeepEqual(exit, { code: 0, signal: null })
    })

    test('a program that is not there, not executable, or whose directory is not there is named', async () => {
      const fails = async (program: Partial<Program>, expected: RegExp) =>
        await assert.rejects(
          runtime.start(node('', program)),
          (error) => error instanceof StartError && expected.test(error.message),
        )
      await fails({ command: ['no-such-program'] }, /no-such-program was not found/)
      await fails({ command: ['/etc/passwd'] }, /\/etc\/passwd is not executable/)
      await fails({ cwd: '/no/such/place' }, /which is not a directory/)
      await fails({ command: [] }, /names no program/)
    })
  })
}

async function upTo(running: RunningProgram, word: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  running.stdout.once('data', (data) => resolve(assert.match(String(data), new RegExp(word))))
  await promise
}

async function processesWith(marker: string): Promise<string[]> {
  const { readdir, readFile } = await import('node:fs/promises')
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return pids.filter((_, index) => lines[index]?.includes(marker))
}

async function untilNone(marker: string): Promise<void> {
  const deadline = performance.now() + 5_000
  while ((await processesWith(marker)).length > 0) assert.ok(performance.now() < deadline, `${marker} still runs`)
}
