// A container engine for tests: the paths and rules of Docker's Engine API that the container runtime uses, over a unix
// socket. It refuses what the API would refuse and what it does not know, and runs a container as a child process: the
// private directory has the same path inside as outside. Bounds that a kernel must hold are noted, not held.
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { z } from 'zod'

const ulimit = z.strictObject({ Name: z.string(), Soft: z.int(), Hard: z.int() })
const createRequest = z.strictObject({
  Image: z.string(),
  Entrypoint: z.array(z.string()).optional(),
  Cmd: z.array(z.string()).optional(),
  WorkingDir: z.string().startsWith('/').optional(),
  User: z.string().regex(/^\d+:\d+$/),
  Env: z.array(z.string().regex(/^[^=]+=/)),
  Labels: z.record(z.string(), z.string()),
  Tty: z.boolean(),
  OpenStdin: z.boolean(),
  StdinOnce: z.boolean(),
  AttachStdin: z.boolean(),
  AttachStdout: z.boolean(),
  AttachStderr: z.boolean(),
  HostConfig: z.strictObject({
    Init: z.boolean(),
    ReadonlyRootfs: z.boolean(),
    CapDrop: z.array(z.string()),
    SecurityOpt: z.array(z.string()),
    IpcMode: z.string(),
    NetworkMode: z.string(),
    Mounts: z.array(
      z.strictObject({
        Type: z.literal('bind'),
        Source: z.string().startsWith('/'),
        Target: z.string().startsWith('/'),
        ReadOnly: z.boolean().optional(),
      }),
    ),
    Tmpfs: z.record(z.string(), z.string()),
    LogConfig: z.strictObject({ Type: z.string() }),
    Memory: z.int().optional(),
    MemorySwap: z.int().optional(),
    NanoCpus: z.int().optional(),
    PidsLimit: z.int().optional(),
    Ulimits: z.array(ulimit),
  }),
})
export type CreateRequest = z.infer<typeof createRequest>

export interface StoodContainer {
  id: string
  request: CreateRequest
  state: 'created' | 'running' | 'exited'
  exit_code: number
  out_of_memory: boolean
  process: ChildProcess | null
  attached: Socket | null
}

export interface EngineStandIn {
  socket: string
  containers: Map<string, StoodContainer>
  /** What it cannot do: bring a process 1, raise limits beyond its own, start what shares another's network. */
  lacks: Set<'init' | 'limits' | 'connectors'>
  /** Every container that was ever created. */
  created: CreateRequest[]
  close(): Promise<void>
}

/** @param images by name, what each starts by itself */
export async function startEngineStandIn(images: Record<string, string[]>): Promise<EngineStandIn> {
  const containers = new Map<string, StoodContainer>()
  const created: CreateRequest[] = []
  const lacks: EngineStandIn['lacks'] = new Set()
  const pulled = new Set(Object.keys(images).filter((name) => !name.startsWith('remote/')))

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://engine')
    const path = url.pathname.replace(/^\/v1\.\d+/, '')
    const route = `${request.method} ${path.replace(/^\/(containers|images)\/[^/]+(\/|$)/, '/$1/*$2')}`
    const name = decodeURIComponent(path.split('/')[2] ?? '')
    const container = containers.get(name)
    const reply = (status: number, body?: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(body === undefined ? '' : JSON.stringify(body))
    }
    const missing = () => reply(404, { message: `No such container: ${name}` })
    const body = await buffer(request)

    if (route === 'GET /info') return reply(200, { SecurityOptions: ['name=seccomp,profile=builtin'] })
    if (route === 'GET /images/*json' || route === 'GET /images/*/json') {
      if (!pulled.has(name)) return reply(404, { message: `No such image: ${name}` })
      return reply(200, { Config: { Entrypoint: images[name], Cmd: null } })
    }
    if (request.method === 'POST' && path === '/images/create') {
      const wanted = url.searchParams.get('fromImage')?.replace(/:latest$/, '') ?? ''
      if (!(wanted in images)) {
        // The status is sent before the outcome is known.
        return reply(200, { error: `pull access denied for ${wanted}` })
      }
      pulled.add(wanted)
      return reply(200, { status: 'Download complete' })
    }
    if (request.method === 'POST' && path === '/containers/create') {
      const parsed = createRequest.safeParse(JSON.parse(body.toString('utf8')))
      if (!parsed.success) return reply(400, { message: z.prettifyError(parsed.error) })
      if (!pulled.has(parsed.data.Image)) return reply(404, { message: `No such image: ${parsed.data.Image}` })
      if (parsed.data.HostConfig.Init && lacks.has('init')) {
        const message = 'container create: container-init binary not found on the host: stat /usr/libexec/catatonit'
        return reply(500, { message })
      }
      const shared = sharedBy(parsed.data)
      if (shared !== null && lacks.has('connectors')) return reply(500, { message: 'no connector today' })
      if (shared !== null && containers.get(shared)?.state !== 'running') {
        return reply(409, { message: `cannot join the network of a container that does not run: ${shared}` })
      }
      const id = randomBytes(32).toString('hex')
      containers.set(id, {
        id,
        request: parsed.data,
        state: 'created',
        exit_code: 0,
        out_of_memory: false,
        process: null,
        attached: null,
      })
      created.push(parsed.data)
      return reply(201, { Id: id, Warnings: [] })
    }
    if (request.method === 'GET' && path === '/containers/json') {
      const { label = [] } = JSON.parse(url.searchParams.get('filters') ?? '{}') as { label?: string[] } // ours to send
      const found = [...containers.values()].filter(({ request: { Labels } }) => label.every((key) => key in Labels))
      return reply(
        200,
        found.map(({ id, request: { Labels } }) => ({ Id: id, Labels })),
      )
    }
    if (!container) return missing()
    if (route === 'POST /containers/*/start') {
      if (container.state !== 'created') return reply(304)
      run(container, images[container.request.Image] ?? [])
      return reply(204)
    }
    if (route === 'POST /containers/*/wait') {
      if (url.searchParams.get('condition') !== 'not-running') return reply(400, { message: 'condition' })
      if (container.state === 'running') await new Promise((resolve) => container.process?.once('gone', resolve))
      return reply(200, { StatusCode: container.exit_code })
    }
    if (route === 'POST /containers/*/kill') {
      if (container.state !== 'running') return reply(409, { message: `Container ${name} is not running` })
      signal(container, url.searchParams.get('signal') as NodeJS.Signals)
      return reply(204)
    }
    if (route === 'GET /containers/*/json') return reply(200, { State: { OOMKilled: container.out_of_memory } })
    if (request.method === 'DELETE') {
      if (container.state === 'running' && url.searchParams.get('force') !== '1') {
        return reply(409, { message: 'You cannot remove a running container' })
      }
      if ([...containers.values()].some(({ request }) => sharedBy(request) === name)) {
        return reply(409, { message: `container ${name} has dependent containers which must be removed before it` })
      }
      signal(container, 'SIGKILL')
      containers.delete(name)
      return reply(204)
    }
    return reply(404, { message: 'page not found' })
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      response.writeHead(500)
      response.end(JSON.stringify({ message: String(error) }))
    })
  })
  server.on('upgrade', (request, duplex) => {
    const socket = duplex as Socket // the server listens on a socket of the net module
    const url = new URL(request.url ?? '/', 'http://engine')
    const container = containers.get(url.pathname.split('/')[3] ?? '')
    if (!container || !url.pathname.endsWith('/attach'))
      return void socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n{}')
    const isLimited = container.request.HostConfig.Ulimits.some(({ Name }) => Name === 'nofile')
    if (lacks.has('limits') && !isLimited) {
      // A container is made only when it is first attached to; the answer is then no upgrade.
      const message = `preparing container ${container.id} for attach: setting rlimit type 7: operation not permitted`
      const body = JSON.stringify({ message })
      return void socket.end(`HTTP/1.1 409 Conflict\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
    }
    container.attached = socket
    socket.on('error', () => {})
    socket.pause()
    socket.write(
      'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
    )
  })
  const path = join(tmpdir(), `sluice-engine-${randomBytes(6).toString('hex')}.sock`)
  await new Promise<void>((resolve) => server.listen({ path }, resolve))
  return {
    socket: path,
    containers,
    lacks,
    created,
    async close() {
      for (const container of containers.values()) signal(container, 'SIGKILL')
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** The container whose network a container shares. */
function sharedBy({ HostConfig: { NetworkMode } }: CreateRequest): string | null {
  return NetworkMode.startsWith('container:') ? NetworkMode.slice('container:'.length) : null
}

function run(container: StoodContainer, entrypoint: string[]): void {
  const { Entrypoint, Cmd = [], WorkingDir, Env, OpenStdin, HostConfig } = container.request
  const mounted = new Map(HostConfig.Mounts.map(({ Source, Target }) => [Target, Source]))
  const words = [...(Entrypoint ?? entrypoint), ...Cmd].map((word) => mounted.get(word) ?? word)
  const [program = '', ...programArguments] = words
  const child = spawn(program, programArguments, {
    cwd: WorkingDir ?? '/',
    env: { PATH: process.env.PATH, ...Object.fromEntries(Env.map((line) => line.split(/=(.*)/s).slice(0, 2))) },
    stdio: [OpenStdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const { attached } = container
  container.state = 'running'
  container.process = child
  if (child.stdin) {
    child.stdin.on('error', () => {})
    attached?.pipe(child.stdin)
  }
  const open = [child.stdout, child.stderr].map((stream, index) => {
    stream?.on('data', (data: Buffer) => {
      const header = Buffer.from([index + 1, 0, 0, 0, 0, 0, 0, 0])
      header.writeUInt32BE(data.length, 4)
      // The header by itself, as an engine may send it, and the rest when it is taken.
      attached?.write(header)
      if (attached?.write(data) === false) {
        stream.pause()
        attached.once('drain', () => stream.resume())
      }
    })
    return new Promise((resolve) => stream?.once('close', resolve))
  })
  child.once('exit', (code, name) => {
    // Within a container all ends with its first process.
    signal(container, 'SIGKILL')
    void Promise.all(open).then(() => {
      container.state = 'exited'
      container.exit_code = code ?? 128 + (name ? constants.signals[name] : 0)
      attached?.end()
      child.emit('gone')
    })
  })
}

function signal({ process: child }: StoodContainer, name: NodeJS.Signals): void {
  try {
    if (child?.pid) process.kill(-child.pid, name)
  } catch {
    // Gone already.
  }
}
