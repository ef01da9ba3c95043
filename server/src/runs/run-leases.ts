// The leases of this process's runs. What a connector rotated by itself into its config file is looked for often, and
// always before the grant is refreshed: whoever spends a refresh token that is already spent loses the grant.
import type { Lease } from '@sluice/launcher'

export interface RunLease {
  lease: Pick<Lease, 'collect'>
  /** Resolves when what was taken over has found its place. */
  settled(): Promise<void>
}

const LOOK_MS = 1_000

export interface RunLeases {
  add(connectionId: string, lease: RunLease): void
  remove(connectionId: string, lease: RunLease): void
  /** Takes over what the running connectors of a connection have rotated. */
  collect(connectionId: string): Promise<void>
  stop(): void
}

export function createRunLeases(): RunLeases {
  const open = new Map<string, Set<RunLease>>()
  let timer: NodeJS.Timeout | undefined

  async function collect(connectionId: string): Promise<void> {
    for (const { lease, settled } of open.get(connectionId) ?? []) {
      await lease.collect()
      await settled()
    }
  }
  function lookLater(): void {
    if (timer !== undefined || open.size === 0) return
    timer = setTimeout(async () => {
      // What cannot be taken over now is looked for again, and harvested at the connector's end.
      for (const id of open.keys()) await collect(id).catch(() => {})
      timer = undefined
      lookLater()
    }, LOOK_MS)
    timer.unref()
  }

  return {
    add(connectionId, lease) {
      const leases = open.get(connectionId) ?? new Set()
      leases.add(lease)
      open.set(connectionId, leases)
      lookLater()
    },
    remove(connectionId, lease) {
      const leases = open.get(connectionId)
      leases?.delete(lease)
      if (leases?.size === 0) open.delete(connectionId)
    },
    collect,
    stop() {
      clearTimeout(timer)
      open.clear()
    },
  }
}
