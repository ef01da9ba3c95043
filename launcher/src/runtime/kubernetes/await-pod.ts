// Waits for the pod of a Job to run, or learns why it will not.
import { type CoreV1Api, type KubeConfig, type V1Pod, Watch } from '@kubernetes/client-node'
import { StartError } from '../runtime.ts'
import { CONTAINER, RUN } from './run-objects.ts'

/** Reasons for waiting that no waiting ends. */
const HOPELESS = [
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]
const REWATCH_MS = 250

export interface PodQuery {
  config: KubeConfig
  core: CoreV1Api
  namespace: string
  job: string
  timeout_ms: number
  signal: AbortSignal
}

/** @returns the name of the pod that runs. @throws StartError */
export async function awaitPod({ config, core, namespace, job, timeout_ms, signal }: PodQuery): Promise<string> {
  const labelSelector = `${RUN}=${job}`
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeout_ms)])
  let seen: V1Pod | null = null
  while (!deadline.aborted) {
    // What a watch missed, because the server forgot so far back (410) or the connection broke, a list tells anew.
    const list = await core.listNamespacedPod({ namespace, labelSelector })
    for (const pod of list.items) {
      seen = pod
      if (isRunning(pod)) return pod.metadata?.name ?? ''
    }
    const { promise, resolve } = Promise.withResolvers<string | null>()
    const watch = await new Watch(config).watch(
      `/api/v1/namespaces/${namespace}/pods`,
      { labelSelector, resourceVersion: list.metadata?.resourceVersion },
      (type: string, pod: V1Pod) => {
        if (type === 'ERROR') return resolve(null)
        seen = pod
        try {
          if (isRunning(pod)) resolve(pod.metadata?.name ?? '')
        } catch {
          // The list that follows says it again, to whoever waits.
          resolve(null)
        }
      },
      () => setTimeout(() => resolve(null), REWATCH_MS),
    )
    const stop = () => resolve(null)
    deadline.addEventListener('abort', stop)
    const name = await promise
    deadline.removeEventListener('abort', stop)
    watch.abort()
    if (name) return name
  }
  throw new StartError(`cannot be started: its pod did not run within ${timeout_ms / 1000} s${whatIsSaid(seen)}`)
}

function isRunning(pod: V1Pod): boolean {
  const status = pod.status?.containerStatuses?.find(({ name }) => name === CONTAINER)
  const waiting = status?.state?.waiting
  if (waiting?.reason && HOPELESS.includes(waiting.reason)) {
    throw new StartError(`cannot be started: ${waiting.reason}: ${waiting.message ?? 'its pod cannot be made'}`)
  }
  if (status?.state?.terminated || pod.status?.phase === 'Failed') {
    const reason = status?.state?.terminated?.message ?? pod.status?.message ?? pod.status?.reason
    throw new StartError(`cannot be started: its pod ended at once${reason ? `: ${reason}` : ''}`)
  }
  return status?.state?.running !== undefined
}

function whatIsSaid(pod: V1Pod | null): string {
  const condition = pod?.status?.conditions?.find(({ status, message }) => status === 'False' && message)
  const waiting = pod?.status?.containerStatuses?.[0]?.state?.waiting
  const said = condition?.message ?? waiting?.message ?? waiting?.reason
  return said ? `: ${said}` : ', and the cluster says no reason'
}
