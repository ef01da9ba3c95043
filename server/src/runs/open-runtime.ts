// Where connectors run, as the operator chose it.
import { realpath } from 'node:fs/promises'
import { createContainerRuntime, createProcessRuntime, type Runtime } from '@sluice/launcher'
import type { Services } from '../services.ts'
import { inheritRotation } from './rotation-bequest.ts'

export interface RuntimeConfig {
  name: Runtime['name']
  /** Container: the engine's socket. */
  socket?: string | undefined
  /** Container: the network of connectors that may talk to somebody; without it they are kept to the hosts that they declare. */
  network?: string | undefined
  /** Kubernetes: where Jobs are made. */
  namespace?: string | undefined
  /** Kubernetes: the numeric user that connectors run as. */
  user?: number | undefined
}

/** Nothing is started before the first run. @throws Error when there is no cluster to be reached */
export async function openRuntime(config: RuntimeConfig, dataDirectory: string): Promise<Runtime> {
  const { name, socket, network, namespace, user } = config
  if (name === 'container') {
    return createContainerRuntime({
      ...(socket !== undefined && { socket }),
      ...(network !== undefined && { network }),
    })
  }
  if (name === 'kubernetes') {
    // Its client is a third of all modules, and most servers have no cluster.
    const { createKubernetesRuntime } = await import('@sluice/launcher/kubernetes')
    return createKubernetesRuntime({
      ...(namespace !== undefined && { namespace }),
      ...(user !== undefined && { user }),
    })
  }
  // Connectors have no business where the keys and the database lie.
  return createProcessRuntime({ spawner: true, hidden: [await realpath(dataDirectory)] })
}

/** Ends and removes what killed servers of this machine left, and takes over what their connectors had rotated. */
export async function takeOverLeft(services: Services): Promise<void> {
  await services.runtime.sweep((found) => inheritRotation(services, found))
}

/** Takes over and removes what a killed server left, and says in the log what confines connectors. An engine that is away is waited for. */
export async function prepareRuntime(services: Services): Promise<void> {
  const { runtime, log } = services
  try {
    await takeOverLeft(services)
    log.info({ runtime: runtime.name, ...(await runtime.describeConfinement()) }, 'confinement of connectors')
  } catch (error) {
    const error_name = error instanceof Error ? error.name : typeof error
    log.warn(
      { runtime: runtime.name, error_name },
      'the runtime of connectors does not answer; runs fail until it does',
    )
  }
}
