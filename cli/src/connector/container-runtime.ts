import { createContainerRuntime, type Launch, type Runtime } from '@sluice/launcher'
import type { Terminal } from '../terminal.ts'

const ANY_HOST = ['*']

const runtimes = new Map<string | undefined, Runtime>()

export interface ContainerChoice {
  /** The network to join, and `none` for no network. */
  network?: string | undefined
  /** As the task declares them. */
  hosts?: readonly string[] | undefined
}

/**
 * What starts a connector in an image: the engine of this machine (Docker, Podman; `DOCKER_HOST` names another socket).
 * It may talk to the hosts that it declares, and to any where it declares nothing.
 */
export function containerRuntime(
  { network, hosts = ANY_HOST }: ContainerChoice,
  terminal: Terminal,
): Pick<Launch, 'runtime' | 'hosts'> {
  let runtime = runtimes.get(network)
  if (runtime === undefined) {
    runtime = createContainerRuntime(network === undefined ? {} : { network })
    runtimes.set(network, runtime)
    terminal.atEnd(runtime.close)
  }
  return { runtime, hosts: network === 'none' ? [] : hosts }
}
