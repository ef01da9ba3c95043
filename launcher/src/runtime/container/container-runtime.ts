// The `container` runtime: programs in images, by an engine of this machine (Docker, Podman) through its API.
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { bequeath, keepNote, removeBequest } from '../bequest.ts'
import { isAnyHost } from '../egress/declared-hosts.ts'
import { createPrivateDirectory, writePrivateFile } from '../private-directory.ts'
import { createOwnerDirectory, findOrphanedDirectories, isOrphaned, openRunsRoot } from '../process/owner-directory.ts'
import { type Program, type RunningProgram, type Runtime, StartError } from '../runtime.ts'
import {
  type ContainerPlace,
  type ContainerRequest,
  containerRequest,
  type EngineQuirks,
  GATEWAY_LABEL,
  type ImageStart,
  OWNER_LABEL,
} from './container-request.ts'
import { type EngineClient, EngineError, engineClient } from './engine-client.ts'
import { type Begun, openGateway } from './gateway.ts'
import { type Container, removeContainer, superviseContainer } from './supervise-container.ts'

export interface ContainerRuntimeOptions {
  /** The engine's socket; by default that of `DOCKER_HOST`, else Docker's. */
  socket?: string
  /**
   * The network of connectors that declare hosts; whom they reach there is for it to say. Without one they reach the hosts
   * that they declare, through a proxy of ours; those that declare any host join `bridge`. None declared: no network.
   */
  network?: string
  /** Whether an image that is not there is pulled. */
  pull?: boolean
  /** Where private directories are made: on a file system of the engine's machine, at the same path. */
  directory?: string
}

interface Beginning extends Pick<ContainerPlace, 'network' | 'mounts'> {
  onOver?: () => Promise<void>
}

interface Lying {
  directory: string
  onOver: (() => Promise<void>) | undefined
}

const OPEN_NETWORK =
  'A connector that declares hosts is not kept from others. Name a network with an egress policy of its own.'
const NO_INIT =
  'The engine has no process 1 to bring (catatonit, tini): a connector that does not listen to SIGTERM is only killed, after the grace. Install catatonit.'

/** @throws StartError by `start` when the engine does not answer or refuses */
export function createContainerRuntime(options: ContainerRuntimeOptions = {}): Runtime {
  const { directory: parent = tmpdir(), network } = options
  const engine = engineClient(options.socket ?? defaultSocket())
  const running = new Set<Container>()
  let quirks: EngineQuirks = { lacks_init: false, raises_no_limits: false }
  let placed: Promise<{ root: string; owner: Awaited<ReturnType<typeof createOwnerDirectory>> }> | null = null
  const place = () => {
    placed ??= openRunsRoot(parent).then(async (root) => ({ root, owner: await createOwnerDirectory(root) }))
    return placed
  }

  const start = async (program: Program, directory: string): Promise<RunningProgram> => {
    const { hosts = [] } = program
    if (hosts.length === 0) return (await begin(program, directory, { network: 'none' })).running
    if (network !== undefined || isAnyHost(hosts)) {
      return (await begin(program, directory, { network: network ?? 'bridge' })).running
    }
    const gateway = await openGateway(program, {
      makeDirectory: async () => await createPrivateDirectory((await place()).owner.path),
      start: (second, own, mounts) => begin(second, own, { network: 'none', mounts }),
    })
    try {
      const told = { ...program, env: { ...gateway.env, ...program.env } }
      return (await begin(told, directory, { network: gateway.network, onOver: gateway.close })).running
    } catch (error) {
      await gateway.close()
      throw error
    }
  }

  const begin = async (program: Program, directory: string, { onOver, ...more }: Beginning): Promise<Begun> => {
    const { image } = program
    if (image === undefined) throw new StartError('names no image, which the container runtime needs')
    for (const [name, content] of Object.entries(program.files ?? {})) await writePrivateFile(directory, name, content)
    if (program.bequest) await keepNote(directory, program.bequest)
    const { owner } = await place()
    const imageStart = await startOfImage(engine, image, options.pull ?? true)
    const described = { image, directory, owner: owner.path, start: imageStart, user: await user(engine), ...more }
    for (;;) {
      try {
        return await launch(program, containerRequest(program, { ...described, quirks }), { directory, onOver })
      } catch (error) {
        const quirk = quirkIn(error)
        if (quirk === null || quirks[quirk]) throw error
        quirks = { ...quirks, [quirk]: true }
      }
    }
  }

  const launch = async (program: Program, body: ContainerRequest, { directory, onOver }: Lying): Promise<Begun> => {
    const { Id: id } = await engine.call<{ Id: string }>('POST', '/containers/create', body)
    const is_gateway = GATEWAY_LABEL in body.Labels
    try {
      const streams = await engine.hijack(
        `/containers/${id}/attach?stream=1&stdin=${body.OpenStdin ? 1 : 0}&stdout=1&stderr=1`,
      )
      await engine.call('POST', `/containers/${id}/start`)
      const ended = engine.call<{ StatusCode: number }>('POST', `/containers/${id}/wait?condition=not-running`)
      return {
        id,
        remove: () => removeContainer(engine, id),
        running: superviseContainer({ engine, id, is_gateway, program, directory, streams, ended, running, onOver }),
      }
    } catch (error) {
      await removeContainer(engine, id)
      throw error
    }
  }

  return {
    name: 'container',
    async start(describe) {
      const directory = await createPrivateDirectory((await place()).owner.path)
      try {
        return await start(typeof describe === 'function' ? describe(directory) : describe, directory)
      } catch (error) {
        await removeBequest(directory)
        throw asStartError(error)
      }
    },
    async sweep(inherit) {
      const { root } = await place()
      const filters = encodeURIComponent(JSON.stringify({ label: [OWNER_LABEL] }))
      const found = await engine.call<{ Id: string; Labels: Record<string, string> }[]>(
        'GET',
        `/containers/json?all=1&filters=${filters}`,
      )
      // Whose network another one shares cannot go before it.
      const inOrder = found.toSorted((one, other) => rank(one.Labels) - rank(other.Labels))
      for (const { Id, Labels } of inOrder) {
        const owner = Labels[OWNER_LABEL] ?? ''
        // An owner of another root cannot be asked from here, and is left to its own.
        if (owner.startsWith(`${root}/`) && (await isGone(owner))) await removeContainer(engine, Id)
      }
      for (const directory of await findOrphanedDirectories(root)) await bequeath(directory, inherit)
    },
    async describeConfinement() {
      return {
        kind: 'container',
        summary:
          'Connectors run in containers: a read-only image, no capabilities, a private directory, and no network but, through a proxy, the hosts that they declare.',
        gaps: [...(network === 'bridge' ? [OPEN_NETWORK] : []), ...(quirks.lacks_init ? [NO_INIT] : [])],
      }
    },
    async close() {
      // Whose network another one shares goes with that one.
      for (const isGateway of [false, true]) {
        const ending = [...running].filter(({ is_gateway }) => is_gateway === isGateway)
        await Promise.all(ending.map(({ id }) => removeContainer(engine, id)))
        await Promise.all(ending.map(({ exited }) => exited))
      }
      if (placed) (await placed).owner.removeNow()
      placed = null
    },
  }
}

async function isGone(owner: string): Promise<boolean> {
  return !existsSync(owner) || (await isOrphaned(owner))
}

function rank(labels: Record<string, string>): number {
  return GATEWAY_LABEL in labels ? 1 : 0
}

/** What the image starts by itself. Pulls an image that is not there. */
async function startOfImage(engine: EngineClient, image: string, pull: boolean): Promise<ImageStart> {
  const inspect = () =>
    engine.call<{ Config: { Entrypoint?: string[] | null; Cmd?: string[] | null } }>(
      'GET',
      `/images/${encodeURIComponent(image)}/json`,
    )
  const found = await inspect().catch(async (error: unknown) => {
    if (!(error instanceof EngineError && error.status === 404 && pull)) throw error
    // Without a tag the engine would pull them all.
    const isExact = /[:@][^/]*$/.test(image)
    await engine.call('POST', `/images/create?fromImage=${encodeURIComponent(isExact ? image : `${image}:latest`)}`)
    return await inspect()
  })
  return { entrypoint: found.Config.Entrypoint ?? [], cmd: found.Config.Cmd ?? [] }
}

interface EngineInfo {
  SecurityOptions?: string[]
  Rootless?: boolean
}

/** In an engine without root, root of the container is who runs the engine, to whom the directory belongs. */
async function user(engine: EngineClient): Promise<string> {
  const { SecurityOptions = [], Rootless = false } = await engine.call<EngineInfo>('GET', '/info')
  // Docker's word for it, and Podman's.
  const isRootless = Rootless || SecurityOptions.some((option) => option.includes('rootless'))
  return isRootless ? '0:0' : `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`
}

/** Podman has a process 1 to bring only where catatonit is installed; within a container it may not raise limits. */
function quirkIn(error: unknown): keyof EngineQuirks | null {
  if (!(error instanceof EngineError)) return null
  if (/container-init|init binary/.test(error.message)) return 'lacks_init'
  return /rlimit.*not permitted/is.test(error.message) ? 'raises_no_limits' : null
}

function asStartError(error: unknown): unknown {
  if (error instanceof EngineError) {
    return new StartError(`cannot be started: the container engine says "${error.message}"`, { cause: error })
  }
  if (error instanceof Error && 'code' in error && ['ENOENT', 'ECONNREFUSED', 'EACCES'].includes(String(error.code))) {
    const advice = 'start Docker or Podman, or set DOCKER_HOST to its socket'
    return new StartError(`cannot be started: no container engine answers (${String(error.code)}); ${advice}`, {
      cause: error,
    })
  }
  return error
}

function defaultSocket(): string {
  const host = process.env.DOCKER_HOST
  return host?.startsWith('unix://') ? host.slice('unix://'.length) : '/var/run/docker.sock'
}
