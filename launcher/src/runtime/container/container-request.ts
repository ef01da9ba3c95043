// The body of `POST /containers/create` for one program: nothing that it does not need.
import type { Program, ProgramLimits } from '../runtime.ts'
import type { Mount } from './gateway.ts'

export const RUN_LABEL = 'dev.sluice.run'
export const OWNER_LABEL = 'dev.sluice.owner'
/** On a container whose network another one shares, which is to be removed first. */
export const GATEWAY_LABEL = 'dev.sluice.gateway'
const TEMPORARY_BYTES = 512 * 1024 * 1024

/** What an engine does not do everywhere, learnt from what it refuses. */
export interface EngineQuirks {
  /** It brings no process 1, which passes signals on and reaps what a program leaves. */
  lacks_init: boolean
  /** It may not raise limits, and so cannot give the generous ones that it gives by itself. */
  raises_no_limits: boolean
}

/** Limits that next to every host allows. */
const MODEST = [
  ['nofile', 4096],
  ['nproc', 4096],
] as const

/** What an image starts; named where something must stand before it. */
export interface ImageStart {
  entrypoint: readonly string[]
  /** Its arguments, unless others are given. */
  cmd: readonly string[]
}

export interface ContainerPlace {
  image: string
  /** The private directory: the same path inside as outside, and the only one that keeps what is written. */
  directory: string
  owner: string
  /** The network that it joins. */
  network: string
  /** Files that it gets besides. */
  mounts?: readonly Mount[]
  /** Uid and gid, as the container knows them, of whom the private directory belongs to. */
  user: string
  quirks: EngineQuirks
  start: ImageStart
}

/** Where a program's descriptor 3 goes: the engine carries two streams alone. */
export const RESULT_FILE = '.result'

export function containerRequest(program: Program, place: ContainerPlace) {
  const { directory, owner, image, quirks } = place
  const { limits = {} } = program
  return {
    Image: image,
    ...startOf(program, place.start),
    ...(program.cwd !== '' && { WorkingDir: program.cwd }),
    User: place.user,
    Env: Object.entries({ HOME: directory, TMPDIR: directory, LANG: 'C.UTF-8', ...program.env }).map(
      ([name, value]) => `${name}=${value}`,
    ),
    Labels: { [RUN_LABEL]: program.name, [OWNER_LABEL]: owner, ...(place.mounts && { [GATEWAY_LABEL]: 'true' }) },
    Tty: false,
    OpenStdin: program.stdin === 'pipe',
    StdinOnce: program.stdin === 'pipe',
    AttachStdin: program.stdin === 'pipe',
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: {
      Init: !quirks.lacks_init,
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      IpcMode: 'private',
      NetworkMode: place.network,
      Mounts: [{ Type: 'bind', Source: directory, Target: directory }, ...(place.mounts ?? [])],
      Tmpfs: { '/tmp': `rw,nosuid,nodev,size=${TEMPORARY_BYTES}` },
      // What a connector prints may hold secrets: it is for us to redact, and for no log of the engine's.
      LogConfig: { Type: 'none' },
      ...bounds(limits, quirks),
    },
  }
}

export type ContainerRequest = ReturnType<typeof containerRequest>

/** What is started: by itself an image starts its entrypoint, with the command as arguments. */
function startOf({ command, before = [], replaces_entrypoint, result_fd }: Program, { entrypoint, cmd }: ImageStart) {
  const around = result_fd ? ['/bin/sh', '-c', `exec "$@" 3>"$HOME/${RESULT_FILE}"`, 'sh'] : []
  const first = [...around, ...before]
  if (replaces_entrypoint) return { Entrypoint: [...first, ...command] }
  if (first.length === 0) return command.length > 0 ? { Cmd: command } : {}
  // With another entrypoint an engine forgets the image's arguments.
  return { Entrypoint: [...first, ...entrypoint], Cmd: command.length > 0 ? command : [...cmd] }
}

function bounds({ memory_bytes, cpus, processes, file_bytes, cpu_seconds }: ProgramLimits, quirks: EngineQuirks) {
  const same = (name: string, value: number) => ({ Name: name, Soft: value, Hard: value })
  return {
    ...(memory_bytes !== undefined && { Memory: memory_bytes, MemorySwap: memory_bytes }),
    ...(cpus !== undefined && { NanoCpus: Math.ceil(cpus * 1e9) }),
    ...(processes !== undefined && { PidsLimit: processes }),
    Ulimits: [
      same('core', 0),
      ...(file_bytes === undefined ? [] : [same('fsize', file_bytes)]),
      ...(quirks.raises_no_limits ? MODEST.map(([name, value]) => same(name, value)) : []),
      ...(cpu_seconds === undefined ? [] : [same('cpu', Math.max(1, Math.ceil(cpu_seconds)))]),
    ],
  }
}
