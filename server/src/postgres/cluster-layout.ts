import { join } from 'node:path'

/** Where the embedded Postgres keeps its things inside a data directory. */
export interface ClusterLayout {
  /** Ours; holds the rest. */
  root: string
  /** Postgres's own data (`PGDATA`). */
  cluster: string
  lock: string
  log: string
  /** Names the directory of the socket, so that one left behind can be found. */
  socket_record: string
}

export function clusterLayout(dataDirectory: string): ClusterLayout {
  const root = join(dataDirectory, 'postgres')
  return {
    root,
    cluster: join(root, 'cluster'),
    lock: join(root, 'supervisor.lock'),
    log: join(root, 'postgres.log'),
    socket_record: join(root, 'socket-directory'),
  }
}

export function clusterDirectory(dataDirectory: string): string {
  return clusterLayout(dataDirectory).cluster
}
