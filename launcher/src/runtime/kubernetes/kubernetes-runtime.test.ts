import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { secret } from '@sluice/connector-specs'
import { flow } from '../../index.ts'
import { newSealingKey } from '../../sealed-text.ts'
import { askLeased } from '../../testing/ask-leased.ts'
import { startClusterStandIn } from '../../testing/cluster-stand-in.ts'
import type { FoundBequest } from '../bequest.ts'
import { type Program, StartError } from '../runtime.ts'
import { createKubernetesRuntime } from './kubernetes-runtime.ts'

const CANARY = 'canary-token/of+the=job'
const cluster = await startClusterStandIn()
const runtime = createKubernetesRuntime({ config: cluster.config, user: 65532, start_timeout_ms: 20_000 })
after(async () => {
  await runtime.close()
  await cluster.close()
})

const node = (script: string, more: Partial<Program> = {}): Program => ({
  name: 'acme/test',
  image: 'acme/node',
  command: [process.execPath, '-e', script],
  cwd: '',
  env: {},
  stdin: 'closed',
  ...more,
})
const gone = async () => {
  const deadline = performance.now() + 5_000
  while (cluster.jobs.size > 0) {
    assert.ok(performance.now() < deadline, 'a Job is left')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Processes whose program was started in this pod. */
async function processesOf(root: string): Promise<string[]> {
  const running = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = running.map(async (pid) => {
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')
    return environment.includes(`SLUICE_PROGRAM=${root}`) ? [pid] : []
  })
  return (await Promise.all(found)).flat()
}

test('a Job is not root, has no capabilities and no token of the cluster, its limits, and a read-only image', async () => {
  const running = await runtime.start(
    node('', { limits: { memory_bytes: 5e8, cpus: 0.25, time_ms: 90_000 }, cwd: '/tmp' }),
  )
  const [stored] = cluster.jobs.values()
  assert.ok(stored)
  const { spec } = stored.job
  const pod = spec.template.spec
  const [container] = pod.containers
  assert.deepEqual(
    [pod.automountServiceAccountToken, pod.restartPolicy, spec.backoffLimit, spec.activeDeadlineSeconds],
    [false, 'Never', 0, 150],
  )
  assert.deepEqual([pod.securityContext.runAsNonRoot, pod.securityContext.runAsUser], [true, 65532])
  assert.deepEqual(container.securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  })
  assert.deepEqual(container.resources.limits, { memory: '500000000', cpu: '250m' })
  assert.deepEqual(await running.exited, { code: 0, signal: null })
  await gone()
})

test('S49 secrets reach a Job by the Secret that it owns, never by command, environment or log; rotated files come back', async () => {
  cluster.bodies.length = 0
  const running = await runtime.start((directory) =>
    node(
      `const fs = require('node:fs'); const path = process.env.HOME + '/config.json'
       const { token } = JSON.parse(fs.readFileSync(path)); fs.writeSync(3, 'result of ' + token)
       fs.writeFileSync(path, JSON.stringify({ token: token + '-rotated' })); console.log('to stdout ' + token)
       console.error((fs.statSync(path).mode & 0o777).toString(8), (fs.statSync(process.env.HOME).mode & 0o777).toString(8))
       process.exit(7)`,
      {
        env: { CONFIG: `${directory}/config.json` },
        files: { 'config.json': secret(JSON.stringify({ token: CANARY })) },
        harvest: ['config.json', 'missing'],
        result_fd: 3,
      },
    ),
  )
  const [stored] = cluster.jobs.values()
  const log = stored?.pod?.stand_in?.process
  assert.ok(log?.stdout && log.stderr && running.result)
  const [result, stdout, stderr, printed] = await Promise.all([
    text(running.result),
    text(running.stdout),
    text(running.stderr),
    Promise.all([text(log.stdout), text(log.stderr)]),
  ])
  assert.deepEqual([result, stdout, stderr], [`result of ${CANARY}`, `to stdout ${CANARY}\n`, '600 700\n'])
  assert.deepEqual(await running.exited, { code: 7, signal: null })
  assert.equal((await running.readFile('config.json'))?.toString(), `{"token":"${CANARY}-rotated"}`)
  assert.equal(await running.readFile('missing'), null)
  assert.deepEqual(printed, ['', ''])
  const [job = '', owned = ''] = cluster.bodies
  assert.equal(job.includes('canary'), false)
  assert.equal(owned.includes('"kind":"Secret"') && owned.includes('"kind":"Job"') && owned.includes('canary'), true)
  await gone()
})

test('stdin is a pipe to its end, files are replaced while the program runs, and long output comes whole', async () => {
  for (const protocol of ['v5.channel.k8s.io', 'v4.channel.k8s.io']) {
    cluster.exec_protocol = protocol
    const running = await runtime.start(
      node(
        `process.stdin.on('data', (d) => process.stdout.write(require('node:fs').readFileSync(process.env.HOME + '/token') + ':' + d))
         process.stdin.on('end', () => process.stdout.write('x'.repeat(3_000_000)))`,
        { stdin: 'pipe', files: { token: 'first' } },
      ),
    )
    running.stdin?.write('a')
    assert.equal(String((await once(running.stdout, 'data'))[0]), 'first:a')
    await running.writeFile('token', secret('second'))
    running.stdin?.write('b')
    assert.equal(String((await once(running.stdout, 'data'))[0]), 'second:b')
    running.stdin?.end()
    assert.equal((await text(running.stdout)).length, 3_000_000)
    assert.deepEqual(await running.exited, { code: 0, signal: null })
  }
  cluster.exec_protocol = 'v5.channel.k8s.io'
})

test('cancelling asks first and kills after the grace; a time limit does the same', async () => {
  const forever = (handler: string) => node(`${handler}; console.log('up'); setInterval(() => {}, 1000)`)
  const polite = await runtime.start(forever(`process.on('SIGTERM', () => process.exit(4))`))
  await once(polite.stdout, 'data')
  assert.deepEqual(await polite.stop(20_000), { code: 4, signal: null })
  const stubborn = await runtime.start(forever(`process.on('SIGTERM', () => {})`))
  await once(stubborn.stdout, 'data')
  assert.deepEqual(await stubborn.stop(100), { code: null, signal: 'SIGKILL' })
  const late = await runtime.start({ ...forever(''), limits: { time_ms: 300 } })
  late.stdout.resume()
  assert.deepEqual(await late.exited, { code: null, signal: 'SIGTERM', limit: 'time' })
  await gone()
})

test('a pod that cannot be made or is not scheduled is told with its reason, and nothing of it stays', async () => {
  const refused = (expected: RegExp) => (error: unknown) => error instanceof StartError && expected.test(error.message)
  cluster.next = 'cannot pull'
  await assert.rejects(runtime.start(node('')), refused(/ErrImagePull: pull access denied/))
  cluster.next = 'is not scheduled'
  const hasty = createKubernetesRuntime({ config: cluster.config, start_timeout_ms: 300 })
  await assert.rejects(hasty.start(node('')), refused(/did not run within 0.3 s: 0\/1 nodes are available/))
  cluster.next = 'runs'
  await assert.rejects(runtime.start(node('', { image: '' })), refused(/the cluster answers 422/))
  const elsewhere = createKubernetesRuntime({ config: cluster.config, namespace: 'kube-system' })
  await assert.rejects(elsewhere.start(node('')), refused(/answers 403: cannot create resource "jobs"/))
  await gone()
})

test('a watch that is told that its resource version is too old goes on from a new list', async () => {
  cluster.next = 'is not scheduled'
  const starting = runtime.start(node(`console.log('up')`))
  while (![...cluster.jobs.values()].some(({ pod }) => pod)) await new Promise((resolve) => setImmediate(resolve))
  cluster.compact()
  const [stored] = cluster.jobs.values()
  assert.ok(stored?.pod)
  stored.pod.object.status = {
    phase: 'Pending',
    containerStatuses: [
      { name: 'connector', state: { waiting: { reason: 'InvalidImageName', message: 'told by the list' } } },
    ],
  }
  await assert.rejects(starting, /told by the list/)
  cluster.next = 'runs'
})

test('when the owner is killed its pod ends by itself, and the Job that is left is removed at the next start', async () => {
  const running = await runtime.start(
    node(`process.on('SIGTERM', () => process.exit(0)); console.log('up'); setInterval(() => {}, 1000)`),
  )
  await once(running.stdout, 'data')
  const [stored] = cluster.jobs.values()
  const pod = stored?.pod?.stand_in
  assert.ok(pod)
  const ended = once(pod.process, 'exit')
  cluster.dropConnections()
  await ended
  await running.exited
  await runtime.sweep()
  await gone()
})

test('S49 what a connector in a Job had rotated when its owner was killed is there for who takes it, sealed or within the pod alone', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-job-owner-'))
  t.after(() => rm(directory, { recursive: true }))
  const kubeconfig = join(directory, 'config')
  await writeFile(kubeconfig, cluster.config.exportConfig())
  const key = newSealingKey().toString('base64')
  cluster.bodies.length = 0
  const script = fileURLToPath(new URL('../../fixtures/job-owner.ts', import.meta.url))
  const owner = spawn(process.execPath, [script, kubeconfig, key], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => owner.kill('SIGKILL'))
  await once(owner.stdout, 'data')
  const [stored] = cluster.jobs.values()
  const pod = stored?.pod?.stand_in
  assert.ok(pod)
  const kept = async (name: string) => await readFile(join(pod.root, 'run/sluice/kept', name), 'utf8')
  assert.doesNotMatch(await kept('told'), /canary/)
  assert.doesNotMatch(JSON.stringify([stored.job, stored.pod?.object]), /canary/)
  const [, owned = '', ...others] = cluster.bodies
  assert.deepEqual(
    [owned.includes('given canary'), /told|rotated/.test(owned), others.join().includes('canary')],
    [true, false, false],
  )

  // Whoever else starts lets the living one be.
  const mine: string[] = []
  const inherit = (taken: 'taken' | 'foreign') => async (found: FoundBequest) => {
    mine.push(JSON.stringify([found.note, await found.open(key)]))
    return taken
  }
  await runtime.sweep(inherit('taken'))
  assert.deepEqual([mine, cluster.jobs.size], [[], 1])

  owner.kill('SIGKILL')
  await once(owner, 'exit')
  const deadline = performance.now() + 10_000
  while (!existsSync(join(pod.root, 'run/sluice/kept/orphaned'))) {
    assert.ok(performance.now() < deadline, 'the pod does not notice')
    await new Promise((resolve) => setImmediate(resolve))
  }
  const files = { 'config.json': '{"token":"rotated canary at the end"}' }
  const expected = JSON.stringify(['whose it was, and with which token', { told: '{"token":"told canary"}', files }])
  await runtime.sweep(inherit('foreign'))
  await runtime.sweep()
  await runtime.sweep(async () => Promise.reject(new Error('not now')))
  assert.deepEqual([mine, cluster.jobs.size], [[expected], 1])
  assert.deepEqual(await processesOf(pod.root), [], 'what the program forked still runs')
  await runtime.sweep(inherit('taken'))
  assert.deepEqual(mine, [expected, expected])
  await gone()
})

test('a Job whose program may have rotated something stays until that has found its place, also when the connection broke', async () => {
  const bequest = { note: 'whose it was', key: newSealingKey().toString('base64'), files: ['config.json'] }
  const rotating = node(
    `require('node:fs').writeFileSync(process.env.HOME + '/config.json', 'rotated'); console.log('up')
     if (process.env.STAYS) setInterval(() => {}, 1000)`,
    { files: { 'config.json': 'given' }, harvest: ['config.json'], bequest },
  )
  const ended = await runtime.start(rotating)
  ended.stdout.resume()
  assert.deepEqual(await ended.exited, { code: 0, signal: null })
  await runtime.sweep(async () => assert.fail('it was offered while its owner is there'))
  await ended.keepTold?.('told after the end')
  assert.equal(cluster.jobs.size, 1)
  await ended.release?.()
  await gone()

  const broken = await runtime.start({ ...rotating, env: { STAYS: 'yes' } })
  await once(broken.stdout, 'data')
  cluster.dropConnections()
  assert.deepEqual(await broken.exited, { code: null, signal: 'SIGKILL' })
  assert.equal((await broken.readFile('config.json'))?.toString(), 'rotated')
  await broken.release?.()
  await gone()
})

test('a Flow connector answers out of a Job as out of a process', async () => {
  const SPEC = `{ protocol: 3032023, configSchema: {}, resourceConfigSchema: {} }`
  const spec = await flow.spec({
    name: 'acme/flow',
    runtime,
    image: 'acme/node',
    command: [
      process.execPath,
      '-e',
      `process.stdin.once('data', () => console.log(JSON.stringify({ spec: ${SPEC} })))`,
    ],
    cwd: '',
    env: {},
    secrets: [],
  })
  assert.deepEqual(spec.config_schema, {})
})

test('a connector in a Job finds a valid token in the file of its lease, and no address that it could not reach', async () => {
  const found = await askLeased(runtime, (script) => [process.execPath, '-e', script])
  const told = ['token_type', 'expires_at']
  assert.deepEqual(found, { seen: ['token-1', 'token-2', 'token-3'], told, lives: true })
})
