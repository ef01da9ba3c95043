// The body of `POST /containers/create` for one program: nothing that it does not need.
import type { Program, ProgramLimits } from '../runtime.ts'

export const RUN_LABEL = 'dev.sluice.run'
export const OWNER_LABEL = 'dev.sluice.owner'
const TEMPORARY_BYTES = 512 * 1024 * 1024

export interface ContainerPlace {
  image: string
  /** The private directory: the same path inside as outside, and the only one that keeps what is written. */
  directory: string
  owner: string
  /** The network of programs that declare hosts. */
  network: string
  /** Uid and gid, as the container knows them, of whom the private directory belongs to. */
  user: string
  /** What the image starts; named where a result descriptor must be opened around it. */
  entrypoint: readonly string[]
}

/** Where a program's descriptor 3 goes: the engine carries two streams alone. */
export const RESULT_FILE = '.result'

export function containerRequest(program: Program, place: ContainerPlace) {
  const { directory, owner, image } = place
  const { limits = {} } = program
  const around = ['/bin/sh', '-c', `exec "$@" 3>"$HOME/${RESULT_FILE}"`, 'sh', ...place.entrypoint]
  return {
    Image: image,
    ...(program.result_fd && { Entrypoint: around }),
    ...(program.command.length > 0 && { Cmd: program.command }),
    ...(program.cwd !== '' && { WorkingDir: program.cwd }),
    User: place.user,
    Env: Object.entries({ HOME: directory, TMPDIR: directory, LANG: 'C.UTF-8', ...program.env }).map(
      ([name, value]) => `${name}=${value}`,
    ),
    Labels: { [RUN_LABEL]: program.name, [OWNER_LABEL]: owner },
    Tty: false,
    OpenStdin: program.stdin === 'pipe',
    StdinOnce: program.stdin === 'pipe',
    AttachStdin: program.stdin === 'pipe',
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: {
      Init: true,
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      IpcMode: 'private',
      NetworkMode: (program.hosts ?? []).length === 0 ? 'none' : place.network,
      Mounts: [{ Type: 'bind', Source: directory, Target: directory }],
      Tmpfs: { '/tmp': `rw,nosuid,nodev,size=${TEMPORARY_BYTES}` },
      // What a connector prints may hold secrets: it is for us to redact, and for no log of the engine's.
      LogConfig: { Type: 'none' },
      ...bounds(limits),
    },
  }
}

export type ContainerRequest = ReturnType<typeof containerRequest>

function bounds({ memory_bytes, cpus, processes, file_bytes, cpu_seconds }: ProgramLimits) {
  const same = (name: string, value: number) => ({ Name: name, Soft: value, Hard: value })
  return {
    ...(memory_bytes !== undefined && { Memory: memory_bytes, MemorySwap: memory_bytes }),
    ...(cpus !== undefined && { NanoCpus: Math.ceil(cpus * 1e9) }),
    ...(processes !== undefined && { PidsLimit: processes }),
    Ulimits: [
      same('core', 0),
      ...(file_bytes === undefined ? [] : [same('fsize', file_bytes)]),
      ...(cpu_seconds === undefined ? [] : [same('cpu', Math.max(1, Math.ceil(cpu_seconds)))]),
    ],
  }
}
