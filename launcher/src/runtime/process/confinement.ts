// What this host has to confine programs with, found by trying it once.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Confinement } from '../runtime.ts'
import type { Isolation } from './confined-command.ts'
import { type ControlGroups, findControlGroups } from './control-group.ts'

export interface HostConfinement {
  isolation: Isolation
  groups: ControlGroups | null
  /** Whether `setpriv` can tie a program's life to ours. */
  tied: boolean
}

const TRIAL_MS = 5_000
const TRIALS: Record<Exclude<Isolation, 'none'>, string[]> = {
  bubblewrap: [
    'bwrap --die-with-parent --new-session --as-pid-1 --unshare-pid --unshare-ipc --unshare-uts --unshare-net',
    '--ro-bind / / --dev /dev --proc /proc --tmpfs /tmp -- /bin/true',
  ],
  namespaces: [
    `unshare ${process.getuid?.() === 0 ? '' : '--user --map-root-user'} --mount --pid --ipc --uts --net --fork --`,
    `/bin/sh -c 'mount -n -t proc proc /proc &&`,
    `setpriv --pdeathsig KILL --no-new-privs --inh-caps=-all --bounding-set=-all -- /bin/true &&`,
    `mount -n -t tmpfs tmpfs /tmp && mkdir /tmp/a /tmp/b && mount -n -t tmpfs tmpfs /tmp/a && mount -n --move /tmp/a /tmp/b'`,
  ],
}

/** @param wanted what to confine with; `auto` takes the best that works here */
export async function findConfinement(wanted: Isolation | 'auto'): Promise<HostConfinement> {
  // Before anything is tried, because what is tried leaves processes in our group for a moment.
  const groups = await findControlGroups()
  const [isolation, tied] = await Promise.all([
    wanted === 'auto' ? bestIsolation() : wanted,
    works('setpriv --pdeathsig KILL -- /bin/true'),
  ])
  return { isolation, groups, tied }
}

async function bestIsolation(): Promise<Isolation> {
  for (const isolation of ['bubblewrap', 'namespaces'] as const) {
    if (await works(TRIALS[isolation].join(' '))) return isolation
  }
  return 'none'
}

async function works(command: string): Promise<boolean> {
  return await promisify(execFile)('/bin/sh', ['-c', command], {
    timeout: TRIAL_MS,
    env: { PATH: process.env.PATH },
  }).then(
    () => true,
    () => false,
  )
}

const SUMMARIES: Record<Isolation, string> = {
  bubblewrap:
    'Connectors run under bubblewrap: they see no process but their own, write to their private directory alone, and have no network when their hosts are declared to be none.',
  namespaces:
    'Connectors run in namespaces of their own: they see no process but their own, no keys and no other run, and have no network when their hosts are declared to be none.',
  none: 'Connectors run as ordinary processes of this user: nothing keeps them from files and processes that this user may reach.',
}

const BOUNDED = { cpu: 'share of processors', memory: 'memory', pids: 'number of processes' }

/** The same in words. */
export function describeHost({ isolation, groups }: HostConfinement): Confinement {
  const held = groups?.controllers ?? []
  const gaps = [
    isolation === 'none' &&
      'Files, processes and network are not confined. Install bubblewrap, or allow user namespaces, or use containers.',
    isolation === 'namespaces' &&
      'Files that this user may write can be written by connectors. Install bubblewrap to make all but their own read-only.',
    isolation !== 'none' &&
      'A connector that declares hosts is not kept from others. Use the container or kubernetes runtime where that matters.',
    isolation === 'none' &&
      `A connector that detaches a process${groups ? ', moves it out of its control group' : ''} and clears its environment may leave it running. Install bubblewrap to rule that out.`,
    !held.includes('memory') &&
      'Memory is bounded for each process of a connector, not for all of them together. Delegate control groups (memory) to the server’s own group to bound them together (docs/runtimes.md).',
    !(held.includes('pids') && held.includes('cpu')) &&
      'The number of processes and the share of processors are not bounded. Delegate control groups (pids, cpu) to the server’s own group to bound them (docs/runtimes.md).',
  ]
  const bounded = held.length > 0 ? ` Control groups bound their ${held.map((name) => BOUNDED[name]).join(', ')}.` : ''
  return { kind: isolation, summary: SUMMARIES[isolation] + bounded, gaps: gaps.filter((gap) => gap !== false) }
}
