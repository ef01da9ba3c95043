// Jobs whose owners were killed. A pod ends its program by itself when its lifeline is cut, and then ends too, or stays
// for whoever takes what was rotated in it.
import type { BatchV1Api, CoreV1Api, KubeConfig, V1Job } from '@kubernetes/client-node'
import type { Inherit } from '../bequest.ts'
import { offerFrom, stateOf } from './pod-bequest.ts'
import { MANAGED_BY, RUN } from './run-objects.ts'

/** No start takes so long until its pod is attended. */
const FORGOTTEN_MS = 600_000
const AT_ONCE = 16

interface Cluster {
  config: KubeConfig
  batch: BatchV1Api
  core: CoreV1Api
  namespace: string
  remove(job: string): Promise<void>
}

/** Removes what is of no use any more, and offers what was rotated; Jobs of living owners are let be. */
export async function sweepJobs(cluster: Cluster, inherit: Inherit | undefined): Promise<void> {
  const { batch, core, namespace } = cluster
  const labelSelector = `${MANAGED_BY}=sluice`
  const jobs = (await batch.listNamespacedJob({ namespace, labelSelector })).items
  const pods = new Map<string, string>()
  for (const { metadata, status } of (await core.listNamespacedPod({ namespace, labelSelector })).items) {
    const { name = '', labels = {} } = metadata ?? {}
    if (status?.phase === 'Running') pods.set(labels[RUN] ?? '', name)
  }
  for (let start = 0; start < jobs.length; start += AT_ONCE) {
    await Promise.all(jobs.slice(start, start + AT_ONCE).map((job) => sweepJob(cluster, job, pods, inherit)))
  }
}

async function sweepJob(
  { config, namespace, remove }: Cluster,
  { metadata, status }: V1Job,
  pods: ReadonlyMap<string, string>,
  inherit: Inherit | undefined,
): Promise<void> {
  const job = metadata?.name ?? ''
  const name = pods.get(job)
  const isFinished = (status?.succeeded ?? 0) + (status?.failed ?? 0) > 0
  if (isFinished) return await remove(job)
  const pod = name === undefined ? null : { config, namespace, name }
  const state = pod ? await stateOf(pod) : 'unattended'
  const age = Date.now() - new Date(metadata?.creationTimestamp ?? Date.now()).getTime()
  const isForgotten = state === 'unattended' && age > FORGOTTEN_MS
  if (isForgotten || (pod && state === 'left' && (await offerFrom(pod, inherit)))) await remove(job)
}
