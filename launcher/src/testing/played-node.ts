// A node of a real cluster, played: it takes the pods of one namespace, tells the API server how they are, and answers
// its `exec` as a kubelet does. Where the cluster has no controllers, it makes the pods of Jobs too.
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import {
  BatchV1Api,
  CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
  type V1Job,
  type V1Pod,
  type V1PodStatus,
} from '@kubernetes/client-node'
import { parseAllDocuments } from 'yaml'
import { runExec } from './exec-stand-in.ts'
import { type PodStandIn, startPodStandIn } from './pod-stand-in.ts'

const ROLE = new URL('../../../infra/kubernetes/runner-role.yaml', import.meta.url)
const LOOK_MS = 50
const CONTROLLER_MS = 3_000

export interface PlayedNode {
  /** What a server gets: the service account of infra/kubernetes/runner-role.yaml, and no more. */
  config: KubeConfig
  namespace: string
  core: CoreV1Api
  batch: BatchV1Api
  /** Whether the cluster's own controllers make pods and remove what an object owned. */
  has_controllers: boolean
  /** What becomes of the next pod. */
  next: 'runs' | 'cannot pull'
  /** Every pod that was run, by name. */
  pods: Map<string, PodStandIn>
  close(): Promise<void>
}

/** @param admin who may do everything in the cluster */
export async function playNode(admin: KubeConfig): Promise<PlayedNode> {
  const core = admin.makeApiClient(CoreV1Api)
  const batch = admin.makeApiClient(BatchV1Api)
  const namespace = `sluice-test-${randomBytes(4).toString('hex')}`
  await core.createNamespace({ body: { metadata: { name: namespace } } })
  const objects = KubernetesObjectApi.makeApiClient(admin)
  for (const document of parseAllDocuments(await readFile(ROLE, 'utf8'))) {
    const body = document.toJS() as { apiVersion: string; kind: string; metadata: { name: string } } // ours
    await objects.create({ ...body, metadata: { ...body.metadata, namespace } })
  }
  const { status } = await core.createNamespacedServiceAccountToken({
    name: 'sluice',
    namespace,
    body: { spec: { audiences: [], expirationSeconds: 3600 } } as never, // no audience: that of the API server
  })
  const config = new KubeConfig()
  const cluster = admin.getCurrentCluster()
  if (!cluster) throw new Error('KUBECONFIG names no cluster.')
  config.loadFromOptions({
    clusters: [cluster],
    users: [{ name: 'sluice', token: status?.token ?? '' }],
    contexts: [{ name: 'sluice', cluster: cluster.name, user: 'sluice', namespace }],
    currentContext: 'sluice',
  })

  const pods = new Map<string, PodStandIn>()
  const kubelet = await startKubelet(pods)
  const node = `${namespace}-node`
  await core.createNode({ body: { metadata: { name: node } } })
  const addresses = [{ type: 'InternalIP', address: '127.0.0.1' }]
  await core.patchNodeStatus({
    name: node,
    body: [
      { op: 'add', path: '/status/addresses', value: addresses },
      { op: 'add', path: '/status/daemonEndpoints', value: { kubeletEndpoint: { Port: kubelet.port } } },
    ],
  })

  const closing = new AbortController()
  const played: PlayedNode = {
    config,
    namespace,
    core,
    batch,
    has_controllers: await hasControllers(batch, namespace),
    next: 'runs',
    pods,
    async close() {
      closing.abort()
      await playing
      await kubelet.close()
      for (const pod of pods.values()) await pod.end()
      for (const { metadata } of (await core.listNamespacedPod({ namespace })).items) {
        await core.deleteNamespacedPod({ name: metadata?.name ?? '', namespace, gracePeriodSeconds: 0 }).catch(() => {})
      }
      await core.deleteNode({ name: node })
      await core.deleteNamespace({ name: namespace })
    },
  }
  const playing = play(played, node, closing.signal)
  return played
}

/** A Job of no use: where somebody makes its pod, somebody makes those of runs. */
async function hasControllers(batch: BatchV1Api, namespace: string): Promise<boolean> {
  const containers = [{ name: 'x', image: 'x' }]
  const spec = { template: { spec: { restartPolicy: 'Never', containers } } }
  await batch.createNamespacedJob({ namespace, body: { metadata: { name: 'probe' }, spec } })
  const deadline = performance.now() + CONTROLLER_MS
  let isSeen = false
  while (!isSeen && performance.now() < deadline) {
    await delay(LOOK_MS)
    const job = await batch.readNamespacedJob({ name: 'probe', namespace })
    isSeen = (job.status?.active ?? 0) > 0
  }
  await batch.deleteNamespacedJob({ name: 'probe', namespace, propagationPolicy: 'Background' })
  return isSeen
}

async function play(played: PlayedNode, node: string, signal: AbortSignal): Promise<void> {
  const { core, namespace } = played
  const begun = new Set<string>()
  while (!signal.aborted) {
    if (!played.has_controllers) await playController(played)
    for (const pod of (await core.listNamespacedPod({ namespace })).items) {
      const name = pod.metadata?.name ?? ''
      if (pod.metadata?.deletionTimestamp) {
        await played.pods.get(name)?.end()
        await core.deleteNamespacedPod({ name, namespace, gracePeriodSeconds: 0 }).catch(() => {})
      } else if (!begun.has(name) && pod.metadata?.labels?.['app.kubernetes.io/managed-by'] === 'sluice') {
        begun.add(name)
        await playPod(played, node, pod).catch((error: unknown) => {
          // Deleted meanwhile.
          if (!String(error).includes('404') && !String(error).includes('not found')) throw error
        })
      }
    }
    await delay(LOOK_MS)
  }
}

/** Makes the pod of each Job that was let go, and removes what a Job that is gone has owned. */
async function playController({ core, batch, namespace }: PlayedNode): Promise<void> {
  const jobs = (await batch.listNamespacedJob({ namespace })).items
  const known = new Set(jobs.map(({ metadata }) => metadata?.uid))
  const isLeft = (owned: { metadata?: { ownerReferences?: { uid: string }[] } }) =>
    owned.metadata?.ownerReferences?.some(({ uid }) => !known.has(uid)) ?? false
  const pods = (await core.listNamespacedPod({ namespace })).items
  for (const { metadata } of (await core.listNamespacedSecret({ namespace })).items.filter(isLeft)) {
    await core.deleteNamespacedSecret({ name: metadata?.name ?? '', namespace }).catch(() => {})
  }
  for (const { metadata } of pods.filter(isLeft)) {
    await core.deleteNamespacedPod({ name: metadata?.name ?? '', namespace }).catch(() => {})
  }
  for (const job of jobs.filter(({ spec }) => !spec?.suspend)) {
    if (pods.some(({ metadata }) => metadata?.ownerReferences?.[0]?.uid === job.metadata?.uid)) continue
    await core.createNamespacedPod({ namespace, body: podOf(job) }).catch(() => {})
  }
}

function podOf({ metadata, spec }: V1Job): V1Pod {
  const { name = '', uid = '' } = metadata ?? {}
  const labels = { ...spec?.template.metadata?.labels, 'job-name': name, 'controller-uid': uid }
  const ownerReferences = [
    { apiVersion: 'batch/v1', kind: 'Job', name, uid, controller: true, blockOwnerDeletion: true },
  ]
  return {
    metadata: { name: `${name}-played`, labels, ownerReferences },
    spec: spec?.template.spec as V1Pod['spec'] & {},
  }
}

async function playPod(played: PlayedNode, node: string, pod: V1Pod): Promise<void> {
  const { core, namespace, pods } = played
  const name = pod.metadata?.name ?? ''
  const [container] = pod.spec?.containers ?? []
  if (!container) return
  const target = { apiVersion: 'v1', kind: 'Node', name: node }
  await core.createNamespacedPodBinding({ name, namespace, body: { metadata: { name }, target } }).catch(() => {})
  const tell = async (phase: string, state: NonNullable<V1PodStatus['containerStatuses']>[number]['state']) => {
    const status = {
      phase,
      containerStatuses: [
        { name: container.name, image: container.image, imageID: '', ready: false, restartCount: 0, state },
      ],
    }
    await core.patchNamespacedPodStatus({ name, namespace, body: [{ op: 'add', path: '/status', value: status }] })
  }
  if (played.next === 'cannot pull') {
    return await tell('Pending', { waiting: { reason: 'ErrImagePull', message: 'pull access denied' } })
  }
  const secret = pod.spec?.volumes?.find((volume) => volume.secret)?.secret?.secretName ?? ''
  // A kubelet waits for the Secret as this does.
  const read = async () => {
    if (secret === '') return {}
    const found = await core.readNamespacedSecret({ name: secret, namespace }).catch(() => null)
    return found && (found.data ?? {})
  }
  let data = await read()
  for (let look = 0; data === null && look < 100; look += 1) {
    await delay(LOOK_MS)
    data = await read()
  }
  const files = Object.entries(data ?? {}).map(([file, content]) => [file, Buffer.from(content, 'base64').toString()])
  const stand_in = await startPodStandIn(container, Object.fromEntries(files))
  pods.set(name, stand_in)
  stand_in.process.once('exit', (code, signal) => {
    const exitCode = code ?? (signal === 'SIGKILL' ? 137 : 143)
    const phase = exitCode === 0 ? 'Succeeded' : 'Failed'
    void tell(phase, { terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' } }).catch(() => {})
  })
  await tell('Running', { running: { startedAt: new Date() } })
}

/** Answers `exec`, as API servers before 1.30 pass it on: the websocket as it came. */
async function startKubelet(pods: Map<string, PodStandIn>): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer(selfSigned())
  const sockets = new Set<Duplex>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('upgrade', (request, duplex) => {
    // What TLS carries is used as a connection of the net module is.
    const socket = duplex as Socket
    const url = new URL(request.url ?? '/', 'https://node')
    const [, action, , name = ''] = url.pathname.split('/')
    const pod = pods.get(name)
    const offered = String(request.headers['sec-websocket-protocol'] ?? '')
    if (action !== 'exec' || !pod || !offered.includes('v4.channel.k8s.io')) {
      return void socket.end('HTTP/1.1 400 No\r\ncontent-length: 0\r\n\r\n')
    }
    runExec(request, socket, pod, url.searchParams.getAll('command'), 'v4.channel.k8s.io')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function selfSigned(): { key: Buffer; cert: Buffer } {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-kubelet-'))
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  execFileSync('openssl', ['req', '-x509', ...curve, '-subj', '/CN=node', '-days', '2', '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  })
  const read = { key: readFileSync(key), cert: readFileSync(cert) }
  rmSync(directory, { recursive: true })
  return read
}
