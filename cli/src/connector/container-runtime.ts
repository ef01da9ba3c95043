import { createContainerRuntime, type Launch, type Runtime } from '@sluice/launcher'
import type { Terminal } from '../terminal.ts'

const ANY_HOST = ['*']

const runtimes = new Map<string, Runtime>()

/**
 * What starts a connector in an image: the engine of this machine (Docker, Podman; `DOCKER_HOST` names another socket).
 * It may talk to any host, because nothing declares its hosts; the network `none` keeps it from all.
 */
export function containerRuntime(network = 'bridge', terminal: Terminal): Pick<Launch, 'runtime' | 'hosts'> {
  let runtime = runtimes.get(network)
  if (runtime === undefined) {
    runtime = createContainerRuntime({ network })
    runtimes.set(network, runtime)
    terminal.atEnd(runtime.close)
  }
  return { runtime, hosts: network === 'none' ? [] : ANY_HOST }
}
