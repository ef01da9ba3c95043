// The command line that runs a program under limits and, where the host allows it, in namespaces of its own. Small
// shell scripts do it, because limits, control groups and mounts are what a process sets for itself.
//
// Within namespaces a script is process 1: it ends when the program ends, and the kernel then kills all that the
// program forked. The scripts let go of the program's descriptors, so that a program that closes its output is seen.
import { join, relative } from 'node:path'
import type { ProgramLimits } from '../runtime.ts'

export type Isolation = 'bubblewrap' | 'namespaces' | 'none'

export interface ConfinedCommand {
  isolation: Isolation
  /** Path of the program and its arguments. */
  command: readonly string[]
  cwd: string
  /** The private directory. With bubblewrap the only one that can be written to. */
  directory: string
  /** Where the private directories of all owners lie; the program sees but its own there. */
  runs_root: string
  /** An empty directory of the owner's, to mount on. */
  stage: string
  /** Directories that the program sees empty, such as those of keys and databases. */
  hidden: readonly string[]
  /** Whether it shares the host's network; else it has none. */
  network: boolean
  limits: ProgramLimits
  /** The control group to join. */
  cgroup: string | null
  /** Whether the kernel may be asked to end the program when whoever started it ends (`setpriv`). */
  tied: boolean
  /** Whether memory is bounded by the control group, so that no process needs a bound of its own. */
  cgroup_holds_memory: boolean
}

const isRoot = () => process.getuid?.() === 0

// Descriptors 4 to 6 carry the program's own 0 to 2 past those who wait for it.
const SET_ASIDE = 'exec 4<&0 5>&1 6>&2 </dev/null >/dev/null'
const LET_GO = 'exec 3>&- 4<&- 5>&- 6>&-'
const OWN_DESCRIPTORS = '<&4 >&5 2>&6 4<&- 5>&- 6>&-'
const UNPRIVILEGED = 'setpriv --no-new-privs --inh-caps=-all --bounding-set=-all --'
const TIED = ['setpriv', '--pdeathsig', 'KILL', '--']

/** Process 1: runs the program and ends as it ends. */
const init = (prefix: string) =>
  `unset PWD OLDPWD; ${prefix} "$@" ${OWN_DESCRIPTORS} & child=$!; ${LET_GO}; wait "$child"; exit $?`

/** Process 1 that first covers what the program must not see. Of its mounts no list is kept (`-n`), which it may not write. */
const MOUNT_AND_INIT = `set -e
root=$1 stage=$2 own=$3 count=$4; shift 4
mount -n -t proc proc /proc
mount -n -t tmpfs -o mode=0700 tmpfs "$stage"
mkdir -p -m 700 "$stage/$own"
mount -n --bind "$root/$own" "$stage/$own"
mount -n --move "$stage" "$root"
while [ "$count" -gt 0 ]; do mount -n -t tmpfs -o mode=0700 tmpfs "$1"; shift; count=$((count - 1)); done
set +e
${init(UNPRIVILEGED)}`

/** Waits outside the namespace for process 1. The group's SIGTERM is for the program, not for this one. */
const OUTSIDE = `trap : TERM
init=$1; shift
${TIED.join(' ')} /bin/sh -c "$init" sh "$@" & child=$!
${LET_GO}
while :; do wait "$child"; code=$?; kill -0 "$child" 2>/dev/null || exit "$code"; done`

/** @returns program and arguments to spawn; they hold no secret when the program's do not */
export function confinedCommand(options: ConfinedCommand): string[] {
  const start = { bubblewrap: inBubblewrap, namespaces: inNamespaces, none: tiedToUs }[options.isolation]
  return ['/bin/sh', '-c', prelude(options), 'sh', ...start(options)]
}

function prelude({ isolation, limits, cgroup, cgroup_holds_memory }: ConfinedCommand): string {
  const kilobytes = limits.memory_bytes === undefined ? null : Math.ceil(limits.memory_bytes / 1024)
  const lines = [
    'umask 077',
    'ulimit -c 0',
    cgroup && `echo 0 >${quoted(join(cgroup, 'cgroup.procs'))} || exit 126`,
    kilobytes !== null && !cgroup_holds_memory && `ulimit -d ${kilobytes}`,
    limits.cpu_seconds !== undefined && `ulimit -t ${Math.max(1, Math.ceil(limits.cpu_seconds))}`,
    limits.file_bytes !== undefined && `ulimit -f ${Math.ceil(limits.file_bytes / 512)}`,
    isolation !== 'none' && SET_ASIDE,
    // A shell tells what it runs its working directory; the environment is not for it to add to.
    'unset PWD OLDPWD',
    'exec "$@"',
  ]
  return lines.filter(Boolean).join('\n')
}

function inBubblewrap(options: ConfinedCommand): string[] {
  const { directory, runs_root, hidden, network, cwd, command } = options
  return [
    'bwrap',
    ...['--die-with-parent', '--new-session', '--as-pid-1', '--unshare-pid', '--unshare-ipc', '--unshare-uts'],
    ...(network ? [] : ['--unshare-net']),
    ...(isRoot() ? ['--cap-drop', 'ALL'] : []),
    ...['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc'],
    ...hidden.flatMap((path) => ['--tmpfs', path]),
    ...['--tmpfs', runs_root, '--bind', directory, directory, '--chdir', cwd],
    ...['--', '/bin/sh', '-c', init(''), 'sh', ...command],
  ]
}

function inNamespaces({ runs_root, stage, directory, hidden, network, command }: ConfinedCommand): string[] {
  return [
    'unshare',
    ...['--mount', '--pid', '--ipc', '--uts'],
    ...(network ? [] : ['--net']),
    ...(isRoot() ? [] : ['--user', '--map-root-user']),
    ...['--', ...TIED, '/bin/sh', '-c', OUTSIDE, 'sh', MOUNT_AND_INIT],
    ...[runs_root, stage, relative(runs_root, directory), String(hidden.length), ...hidden, ...command],
  ]
}

function tiedToUs({ command, tied }: ConfinedCommand): string[] {
  return tied ? [...TIED, ...command] : [...command]
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
