// The Kubernetes runtime against a real API server with role-based access control: as the service account of
// infra/kubernetes/runner-role.yaml, in a namespace of its own. Its node is played.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { ApiException, AuthorizationV1Api, CoreV1Api, KubeConfig, VersionApi } from '@kubernetes/client-node'
import { secret } from '@sluice/connector-specs'
import { flow } from '../../index.ts'
import { type PlayedNode, playNode } from '../../testing/played-node.ts'
import { type Program, StartError } from '../runtime.ts'
import { createKubernetesRuntime } from './kubernetes-runtime.ts'

const CANARY = 'canary-token/of+the=cluster'
/** From here on API servers speak to kubelets in a protocol that the played one does not. */
const TRANSLATED_FROM = 30

const cluster = process.env.KUBECONFIG ? await openCluster(process.env.KUBECONFIG) : null
const skip = cluster ? false : 'needs KUBECONFIG: an API server with etcd; its node is played here'
const skipExec = cluster && cluster.minor >= TRANSLATED_FROM ? 'this API server speaks SPDY to its nodes' : skip
const runtime =
  cluster && createKubernetesRuntime({ config: cluster.node.config, user: 65532, start_timeout_ms: 30_000 })
after(async () => {
  await runtime?.close()
  await cluster?.node.close()
})

async function openCluster(file: string): Promise<{ node: PlayedNode; minor: number }> {
  const admin = new KubeConfig()
  admin.loadFromFile(file)
  const { gitVersion } = await admin.makeApiClient(VersionApi).getCode()
  return { node: await playNode(admin), minor: Number(/^v1\.(\d+)/.exec(gitVersion)?.[1] ?? 0) }
}

function opened() {
  assert.ok(cluster && runtime)
  return { ...cluster.node, played: cluster.node, runtime }
}

const node = (script: string, more: Partial<Program> = {}): Program => ({
  name: 'acme/test',
  image: 'acme/node',
  command: [process.execPath, '-e', script],
  cwd: '',
  env: {},
  stdin: 'closed',
  ...more,
})

/** Waits until the namespace holds no Job, pod or Secret of a run. */
async function gone() {
  const { core, batch, namespace } = opened()
  const labelSelector = 'app.kubernetes.io/managed-by=sluice'
  const deadline = performance.now() + 30_000
  for (;;) {
    const left = await Promise.all([
      batch.listNamespacedJob({ namespace, labelSelector }),
      core.listNamespacedPod({ namespace, labelSelector }),
      core.listNamespacedSecret({ namespace, labelSelector }),
    ])
    const names = left.flatMap(({ items }) => items.map(({ metadata }) => metadata?.name))
    if (names.length === 0) return
    assert.ok(performance.now() < deadline, `left: ${names.join(', ')}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

test('a run starts, talks, rotates its config and ends as the service account of the role; nothing of it stays', {
  skip: skipExec,
}, async () => {
  const { runtime, core, batch, namespace } = opened()
  const running = await runtime.start((directory) =>
    node(
      `const fs = require('node:fs'); const path = process.env.CONFIG
       const { token } = JSON.parse(fs.readFileSync(path)); fs.writeSync(3, 'result of ' + token)
       process.stdin.on('data', (d) => process.stdout.write('<' + d + fs.readFileSync(process.env.HOME + '/token') + '>'))
       process.stdin.on('end', () => { fs.writeFileSync(path, JSON.stringify({ token: token + '-rotated' })); process.stdout.write('x'.repeat(500_000), () => process.exit(7)) })`,
      {
        env: { CONFIG: `${directory}/config.json` },
        files: { 'config.json': secret(JSON.stringify({ token: CANARY })), token: secret('first') },
        harvest: ['config.json'],
        stdin: 'pipe',
        result_fd: 3,
        limits: { memory_bytes: 5e8, cpus: 0.5, time_ms: 120_000 },
      },
    ),
  )
  assert.ok(running.result)
  const labelSelector = 'app.kubernetes.io/managed-by=sluice'
  const [job] = (await batch.listNamespacedJob({ namespace, labelSelector })).items
  const [pod] = (await core.listNamespacedPod({ namespace, labelSelector })).items
  const [owned] = (await core.listNamespacedSecret({ namespace, labelSelector })).items
  assert.ok(job && pod && owned)
  assert.equal(owned.metadata?.ownerReferences?.[0]?.uid, job.metadata?.uid)
  assert.ok(!JSON.stringify([job, pod]).includes('canary'))

  running.stdin?.write('a')
  assert.equal(String((await once(running.stdout, 'data'))[0]), '<afirst>')
  await running.writeFile('token', secret('second'))
  running.stdin?.write('b')
  assert.equal(String((await once(running.stdout, 'data'))[0]), '<bsecond>')
  running.stdin?.end()
  const [result, stdout, exit] = await Promise.all([text(running.result), text(running.stdout), running.exited])
  assert.deepEqual([result, stdout.length, exit], [`result of ${CANARY}`, 500_000, { code: 7, signal: null }])
  assert.equal((await running.readFile('config.json'))?.toString(), `{"token":"${CANARY}-rotated"}`)
  await gone()
})

test('cancelling asks first and kills after the grace; a time limit does the same', { skip: skipExec }, async () => {
  const { runtime } = opened()
  const forever = (handler: string) => node(`${handler}; console.log('up'); setInterval(() => {}, 1000)`)
  const polite = await runtime.start(forever(`process.on('SIGTERM', () => process.exit(4))`))
  await once(polite.stdout, 'data')
  assert.deepEqual(await polite.stop(20_000), { code: 4, signal: null })
  const stubborn = await runtime.start(forever(`process.on('SIGTERM', () => {})`))
  await once(stubborn.stdout, 'data')
  assert.deepEqual(await stubborn.stop(100), { code: null, signal: 'SIGKILL' })
  const late = await runtime.start({ ...forever(''), limits: { time_ms: 1_000 } })
  late.stdout.resume()
  assert.deepEqual(await late.exited, { code: null, signal: 'SIGTERM', limit: 'time' })
  await gone()
})

test('a Flow connector answers out of a Job', { skip: skipExec }, async () => {
  const SPEC = `{ protocol: 3032023, configSchema: {}, resourceConfigSchema: {} }`
  const { config_schema } = await flow.spec({
    name: 'acme/flow',
    runtime: opened().runtime,
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
  assert.deepEqual(config_schema, {})
  await gone()
})

test('a pod that cannot be made and a Job that is refused are told with the reason, and nothing of them stays', {
  skip,
}, async () => {
  const { runtime, played } = opened()
  const refused = (expected: RegExp) => (error: unknown) => error instanceof StartError && expected.test(error.message)
  played.next = 'cannot pull'
  await assert.rejects(
    runtime.start(node('', { files: { token: CANARY } })),
    refused(/ErrImagePull: pull access denied/),
  )
  played.next = 'runs'
  await assert.rejects(runtime.start(node('', { image: '' })), refused(/the cluster answers 422/))
  const elsewhere = createKubernetesRuntime({ config: played.config, namespace: 'kube-system' })
  await assert.rejects(elsewhere.start(node('')), refused(/answers 403: .*cannot create resource "jobs"/))
  await gone()
})

test('Jobs that were left by a server that was killed are removed at its next start', { skip }, async () => {
  const { runtime, batch, namespace, has_controllers } = opened()
  const labels = { 'app.kubernetes.io/managed-by': 'sluice' }
  const containers = [{ name: 'connector', image: 'x', command: ['/bin/true'] }]
  const spec = { template: { metadata: { labels }, spec: { restartPolicy: 'Never', containers } } }
  await batch.createNamespacedJob({ namespace, body: { metadata: { name: 'left', labels }, spec } })
  const value = { succeeded: 1 }
  if (!has_controllers)
    await batch.patchNamespacedJobStatus({ name: 'left', namespace, body: [{ op: 'add', path: '/status', value }] })
  const deadline = performance.now() + 30_000
  while (!(await batch.readNamespacedJob({ name: 'left', namespace })).status?.succeeded) {
    assert.ok(performance.now() < deadline, 'the Job does not end')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  await runtime.sweep()
  await gone()
})

test('the role suffices, and gives no more: no Secret can be read, no log, nothing of other namespaces', {
  skip,
}, async () => {
  const { config, namespace } = opened()
  const core = config.makeApiClient(CoreV1Api)
  const forbidden = (error: unknown) => error instanceof ApiException && error.code === 403
  await assert.rejects(core.listNamespacedSecret({ namespace }), forbidden)
  await assert.rejects(core.readNamespacedSecret({ name: 'any', namespace }), forbidden)
  await assert.rejects(core.readNamespacedPodLog({ name: 'any', namespace }), forbidden)
  await assert.rejects(core.listNamespacedPod({ namespace: 'default' }), forbidden)
  const access = config.makeApiClient(AuthorizationV1Api)
  const may = async (verb: string, resource: string, group = '', subresource?: string) => {
    const resourceAttributes = { namespace, verb, resource, group, ...(subresource && { subresource }) }
    const { status } = await access.createSelfSubjectAccessReview({ body: { spec: { resourceAttributes } } })
    return status?.allowed
  }
  assert.deepEqual(
    await Promise.all([
      may('create', 'jobs', 'batch'),
      may('create', 'secrets'),
      may('get', 'pods', '', 'exec'),
      may('create', 'pods'),
      may('update', 'jobs', 'batch'),
      may('create', 'roles', 'rbac.authorization.k8s.io'),
    ]),
    [true, true, true, false, false, false],
  )
})
