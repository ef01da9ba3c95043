// A Kubernetes API server with one node, for tests: strict in what it takes, in who may do what (the rules of
// infra/kubernetes/runner-role.yaml), in resource versions and watches, and in exec over websockets.
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { KubeConfig } from '@kubernetes/client-node'
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { type JobRequest, jobRequest, type SecretRequest, secretRequest } from './cluster-objects.ts'
import { runExec } from './exec-stand-in.ts'
import { type PodStandIn, startPodStandIn } from './pod-stand-in.ts'

const TOKEN = 'service-account-token'
const NAMESPACE = 'connectors'

interface Stored {
  job: JobRequest & { metadata: { uid: string; creationTimestamp: string }; status: Record<string, unknown> }
  secret: SecretRequest | null
  pod: { object: PodObject; stand_in: PodStandIn | null } | null
}

interface PodObject {
  apiVersion: 'v1'
  kind: 'Pod'
  metadata: { name: string; namespace: string; uid: string; labels: Record<string, string>; resourceVersion: string }
  status: Record<string, unknown>
}

export interface ClusterStandIn {
  config: KubeConfig
  namespace: string
  jobs: Map<string, Stored>
  /** Every body that was sent, as it was sent. */
  bodies: string[]
  /** What becomes of the next pod. */
  next: 'runs' | 'cannot pull' | 'is not scheduled'
  /** The protocol that exec is answered in. */
  exec_protocol: string
  /** Forgets what happened before now, and breaks the watches. */
  compact(): void
  /** Ends exec connections as when the owner is killed. */
  dropConnections(): void
  close(): Promise<void>
}

interface Rule {
  apiGroups: string[]
  resources: string[]
  verbs: string[]
}

export async function startClusterStandIn(): Promise<ClusterStandIn> {
  const rules = await readRules()
  const jobs = new Map<string, Stored>()
  const watches = new Set<{ response: ServerResponse; selector: string }>()
  const sockets = new Set<Socket>()
  let version = 1
  let oldest = 0

  const changed = (pod: PodObject, type: string) => {
    version += 1
    pod.metadata.resourceVersion = String(version)
    for (const { response, selector } of watches) {
      if (matches(pod, selector)) response.write(`${JSON.stringify({ type, object: pod })}\n`)
    }
  }

  const schedule = async (stored: Stored) => {
    const { name } = stored.job.metadata
    const labels = { ...stored.job.spec.template.metadata.labels, 'job-name': name }
    const metadata = { name: `${name}-abcde`, namespace: NAMESPACE, uid: randomUUID(), labels, resourceVersion: '' }
    const object: PodObject = { apiVersion: 'v1', kind: 'Pod', metadata, status: { phase: 'Pending' } }
    const pod: Stored['pod'] = { object, stand_in: null }
    stored.pod = pod
    changed(object, 'ADDED')
    const state = (value: unknown) => ({ containerStatuses: [{ name: 'connector', state: value }] })
    if (cluster.next !== 'runs') {
      const message =
        cluster.next === 'cannot pull' ? 'pull access denied' : '0/1 nodes are available: 1 Insufficient memory.'
      object.status =
        cluster.next === 'cannot pull'
          ? { phase: 'Pending', ...state({ waiting: { reason: 'ErrImagePull', message } }) }
          : { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', message }] }
      return changed(object, 'MODIFIED')
    }
    if (!stored.secret) throw new Error('a pod was let go before its Secret was there')
    pod.stand_in = await startPodStandIn(stored.job.spec.template.spec.containers[0], stored.secret.stringData)
    object.status = { phase: 'Running', ...state({ running: { startedAt: new Date().toISOString() } }) }
    changed(object, 'MODIFIED')
    pod.stand_in.process.once('exit', (exitCode) => {
      object.status = {
        phase: exitCode === 0 ? 'Succeeded' : 'Failed',
        ...state({ terminated: { exitCode: exitCode ?? 137 } }),
      }
      stored.job.status = exitCode === 0 ? { succeeded: 1 } : { failed: 1 }
      changed(object, 'MODIFIED')
    })
  }

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://cluster')
    const body = (await buffer(request)).toString('utf8')
    const send = (status: number, value: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(value))
    }
    const fail = (code: number, message: string) =>
      send(code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, message })
    const denied = deny(request, url)
    if (denied) return fail(denied.code, denied.message)
    const { resource, name, verb } = target(request, url)
    if (body) cluster.bodies.push(body)

    if (resource === 'jobs' && verb === 'create') {
      const parsed = jobRequest.safeParse(JSON.parse(body))
      if (!parsed.success) return fail(422, z.prettifyError(parsed.error))
      const { metadata } = parsed.data
      if (jobs.has(metadata.name)) return fail(409, `jobs.batch "${metadata.name}" already exists`)
      const known = { ...metadata, uid: randomUUID(), creationTimestamp: new Date().toISOString() }
      const job = { ...parsed.data, metadata: known, status: {} }
      jobs.set(metadata.name, { job, secret: null, pod: null })
      return send(201, job)
    }
    if (resource === 'secrets' && verb === 'create') {
      const parsed = secretRequest.safeParse(JSON.parse(body))
      if (!parsed.success) return fail(422, z.prettifyError(parsed.error))
      const [owner] = parsed.data.metadata.ownerReferences
      const stored = jobs.get(owner.name)
      if (stored?.job.metadata.uid !== owner.uid) return fail(422, 'the owner is not there')
      stored.secret = parsed.data
      return send(201, { kind: 'Secret', metadata: parsed.data.metadata })
    }
    if (resource === 'jobs' && verb === 'patch') {
      if (request.headers['content-type'] !== 'application/merge-patch+json') return fail(415, 'the patch type')
      const stored = jobs.get(name)
      if (!stored) return fail(404, `jobs.batch "${name}" not found`)
      const patch = z.strictObject({ spec: z.strictObject({ suspend: z.literal(false) }) }).parse(JSON.parse(body))
      stored.job.spec = { ...stored.job.spec, ...patch.spec }
      send(200, stored.job)
      return await schedule(stored)
    }
    if (resource === 'jobs' && verb === 'list') {
      return send(200, {
        kind: 'JobList',
        apiVersion: 'batch/v1',
        metadata: {},
        items: [...jobs.values()].map(({ job }) => job),
      })
    }
    if (resource === 'jobs' && verb === 'delete') {
      const stored = jobs.get(name)
      if (!stored) return fail(404, `jobs.batch "${name}" not found`)
      if (url.searchParams.get('propagationPolicy') !== 'Background') return fail(400, 'its pod would be left')
      jobs.delete(name)
      await stored.pod?.stand_in?.end()
      if (stored.pod) changed(stored.pod.object, 'DELETED')
      return send(200, { kind: 'Status', status: 'Success' })
    }
    const pods = () => [...jobs.values()].flatMap(({ pod }) => pod?.object ?? [])
    const selector = url.searchParams.get('labelSelector') ?? ''
    if (resource === 'pods' && verb === 'list') {
      const items = pods().filter((pod) => matches(pod, selector))
      return send(200, { kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: String(version) }, items })
    }
    if (resource === 'pods' && verb === 'watch') {
      const since = Number(url.searchParams.get('resourceVersion'))
      response.writeHead(200, { 'content-type': 'application/json' })
      if (since < oldest) {
        const object = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' }
        return response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`)
      }
      for (const object of pods().filter((pod) => matches(pod, selector))) {
        if (Number(object.metadata.resourceVersion) > since)
          response.write(`${JSON.stringify({ type: 'MODIFIED', object })}\n`)
      }
      response.flushHeaders()
      const watch = { response, selector }
      watches.add(watch)
      response.once('close', () => watches.delete(watch))
      return
    }
    if (resource === 'pods' && verb === 'get') {
      const pod = pods().find(({ metadata }) => metadata.name === name)
      return pod ? send(200, pod) : fail(404, `pods "${name}" not found`)
    }
    return fail(404, `the server could not find ${url.pathname}`)
  }

  const deny = (request: IncomingMessage, url: URL) => {
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return { code: 401, message: 'Unauthorized' }
    const { group, resource, verb, namespace } = target(request, url)
    const isAllowed = rules.some(
      (rule) => rule.apiGroups.includes(group) && rule.resources.includes(resource) && rule.verbs.includes(verb),
    )
    if (isAllowed && namespace === NAMESPACE) return null
    return { code: 403, message: `cannot ${verb} resource "${resource}" in the namespace "${namespace}"` }
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500)
      response.end(JSON.stringify({ kind: 'Status', code: 500, message: String(error) }))
    })
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  const execSockets = new Set<Socket>()
  server.on('upgrade', (request, duplex) => {
    const socket = duplex as Socket // the server listens on a socket of the net module
    const url = new URL(request.url ?? '/', 'http://cluster')
    const denied = deny(request, url)
    const pod = [...jobs.values()].find(({ pod }) => pod?.object.metadata.name === target(request, url).name)?.pod
    if (denied || !pod?.stand_in) {
      return void socket.end(`HTTP/1.1 ${denied?.code ?? 404} No\r\ncontent-length: 0\r\n\r\n`)
    }
    execSockets.add(socket)
    runExec(request, socket, pod.stand_in, url.searchParams.getAll('command'), cluster.exec_protocol)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // It listens on an address and port.
  const { port } = server.address() as AddressInfo
  const config = new KubeConfig()
  config.loadFromOptions({
    clusters: [{ name: 'stand-in', server: `http://127.0.0.1:${port}`, skipTLSVerify: true }],
    users: [{ name: 'sluice', token: TOKEN }],
    contexts: [{ name: 'stand-in', cluster: 'stand-in', user: 'sluice', namespace: NAMESPACE }],
    currentContext: 'stand-in',
  })

  const cluster: ClusterStandIn = {
    config,
    namespace: NAMESPACE,
    jobs,
    bodies: [],
    next: 'runs',
    exec_protocol: 'v5.channel.k8s.io',
    compact() {
      version += 1
      oldest = version
      for (const { response } of watches) response.end()
    },
    dropConnections() {
      for (const socket of execSockets) socket.destroy()
    },
    async close() {
      for (const { pod } of jobs.values()) await pod?.stand_in?.end()
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
  return cluster
}

function target({ method, headers }: IncomingMessage, url: URL) {
  const [, , group = '', namespace = '', resource = '', name = '', subresource = ''] =
    /^\/(api|apis)(?:\/(batch))?\/v1\/namespaces\/([^/]+)\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(url.pathname) ??
    []
  const read = url.searchParams.has('watch') ? 'watch' : name ? 'get' : 'list'
  const verbs: Record<string, string> = { GET: read, POST: 'create', PATCH: 'patch', DELETE: 'delete', PUT: 'update' }
  const verb = headers.upgrade ? 'create' : (verbs[method ?? ''] ?? '')
  return { group, namespace, name, verb, resource: subresource ? `${resource}/${subresource}` : resource }
}

function matches(pod: PodObject, selector: string): boolean {
  return selector.split(',').every((term) => {
    const [key = '', value] = term.split('=')
    return pod.metadata.labels[key] === value
  })
}

async function readRules(): Promise<Rule[]> {
  const text = await readFile(new URL('../../../infra/kubernetes/runner-role.yaml', import.meta.url), 'utf8')
  const documents = parseAllDocuments(text).map((document) => document.toJS() as { kind: string; rules?: Rule[] }) // ours
  return documents.flatMap(({ kind, rules = [] }) => (kind === 'Role' ? rules : []))
}
