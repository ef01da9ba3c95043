// How a connector's program is started, confined and ended, whatever protocol it speaks. A protocol describes a
// `Program`; a runtime makes it a `RunningProgram`: a child process, a container, a Kubernetes Job.
import type { Readable, Writable } from 'node:stream'
import type { Secret } from '@sluice/connector-specs'
import type { Bequest, Inherit } from './bequest.ts'

export interface Runtime {
  name: 'process' | 'container' | 'kubernetes'
  /**
   * Starts a program in a private directory of its own. Give a function where command, environment or files must name
   * that directory: it is called with the path as the program will see it.
   *
   * @throws StartError when the program cannot be started; nothing of it is left then.
   */
  start(program: Program | ((directory: string) => Program)): Promise<RunningProgram>
  /**
   * Ends and removes what owners left when they were killed. `inherit` is offered what their programs had been given for
   * that; without it, that is kept for whoever asks.
   */
  sweep(inherit?: Inherit): Promise<void>
  /** How programs are confined here, in words for logs, `doctor` and health details. */
  describeConfinement(): Promise<Confinement>
  /** Ends everything that still runs. */
  close(): Promise<void>
}

export interface Program {
  /** The connector's name, for labels and errors. */
  name: string
  /** The image that holds the program; the runtimes of containers need one. */
  image?: string
  /** Program and arguments, started without a shell; with an `image`, the arguments of its entrypoint. No secrets. */
  command: string[]
  /** Program and arguments that start it: they stand before the command, and before an image's entrypoint. */
  before?: string[]
  /** With an image: `command` takes the place of its entrypoint. */
  replaces_entrypoint?: boolean
  /** The working directory. With an `image`, a path within it; '' for the image's own. */
  cwd: string
  /** Beside these the program gets only PATH, HOME, LANG and TMPDIR. */
  env: Record<string, string>
  /** What lies in the private directory when the program starts: content by file name, mode 0600. */
  files?: Record<string, Secret<string> | string>
  /** Files of the private directory that are kept for `readFile` when the program has ended, however it ended. */
  harvest?: readonly string[]
  stdin: 'pipe' | 'closed'
  /** Opens this descriptor for the program to write results to. */
  result_fd?: 3
  limits?: ProgramLimits
  /** Hosts that the program may talk to; none when empty; absent when nothing is declared. */
  hosts?: readonly string[]
  /** Ports of this process's loopback that serve this program alone; it finds them on its own where its hosts are held. */
  own_ports?: readonly number[]
  /** Hears why a host was refused, where the runtime holds what is declared. */
  onRefused?: ((message: string) => void) | undefined
  /** Kept until `release` for whoever sweeps when the owner was killed, by runtimes that have a directory of their own. */
  bequest?: Bequest
}

/** What a program may use. Absent means unlimited. */
export interface ProgramLimits {
  /** Of memory, for the program with all that it forks where the runtime can tell, else for each process. */
  memory_bytes?: number
  /** Seconds of processor time, for each process. */
  cpu_seconds?: number
  /** Processors at a time, such as 0.5. Held where there are control groups. */
  cpus?: number
  /** The largest file that it may write. */
  file_bytes?: number
  /** Processes and threads at a time. Held where there are control groups. */
  processes?: number
  /** From start to end; the program is then stopped. */
  time_ms?: number
}

export interface RunningProgram {
  /** Null when it was started with `closed`. Errors of writing are told by how the program ends. */
  stdin: Writable | null
  stdout: Readable
  stderr: Readable
  /** What it writes to `result_fd`; null without one. */
  result: Readable | null
  /** The private directory as the program sees it: mode 0700, the program's HOME and TMPDIR, gone when it has ended. */
  directory: string
  /** A file of the private directory; null when there is none. After the end, of those named in `harvest`. */
  readFile(name: string): Promise<Buffer | null>
  /** Writes a file of the private directory so that a reader sees the old content or the new, never a part. */
  writeFile(name: string, content: Secret<string> | string): Promise<void>
  /** Settles when the program, all that it forked and its directory are gone; with a bequest, that goes at `release`. */
  exited: Promise<Exit>
  /** Keeps another note than the first one with the bequest. */
  keepNote?(note: string): Promise<void>
  /** Keeps the last config that the program told of with the bequest. */
  keepTold?(config: string): Promise<void>
  /** Says that what the program rotated has found its place: nothing of it need be kept. */
  release?(): Promise<void>
  /** Closes stdin, asks the program to end (SIGTERM), kills it and all that it forked after the grace. */
  stop(grace_ms: number): Promise<Exit>
}

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
  /** The limit that ended it, where the runtime can tell. */
  limit?: 'memory' | 'time'
}

export interface Confinement {
  /** What confines programs: `bubblewrap`, `namespaces`, `container`, `kubernetes`; `none` when nothing does. */
  kind: 'bubblewrap' | 'namespaces' | 'container' | 'kubernetes' | 'none'
  /** One sentence. */
  summary: string
  /** What is not confined, and what would confine it; a sentence each. */
  gaps: string[]
}

/** The program could not be started; the message reads as a sentence without its subject. */
export class StartError extends Error {
  override readonly name = 'StartError'
}
