// The `kubernetes` runtime: each program is a Job in a cluster.
import { randomBytes } from 'node:crypto'
import {
  ApiException,
  BatchV1Api,
  CoreV1Api,
  KubeConfig,
  PatchStrategy,
  setHeaderOptions,
} from '@kubernetes/client-node'
import { type Program, type RunningProgram, type Runtime, StartError } from '../runtime.ts'
import { awaitPod } from './await-pod.ts'
import { DIRECTORY } from './pod-script.ts'
import { type JobOptions, jobOf, secretOf } from './run-objects.ts'
import { type SupervisedJob, superviseJob } from './supervise-job.ts'
import { sweepJobs } from './sweep-jobs.ts'

export interface KubernetesRuntimeOptions {
  /** How to reach the cluster; by default as `kubectl` would, or by the pod's own service account. */
  config?: KubeConfig
  /** Where Jobs are made; the config's own namespace by default. */
  namespace?: string
  /** The numeric user that connectors run as; where absent, their images must name one that is not root. */
  user?: number
  service_account?: string
  /** How long a pod may take until it runs: scheduling, pulling, starting. Milliseconds, less than ten minutes. */
  start_timeout_ms?: number
}

const START_TIMEOUT_MS = 300_000

/** @throws StartError by `start` when the cluster refuses, or the pod does not come to run */
export function createKubernetesRuntime(options: KubernetesRuntimeOptions = {}): Runtime {
  const config = options.config ?? loadConfig()
  const batch = config.makeApiClient(BatchV1Api)
  const core = config.makeApiClient(CoreV1Api)
  const namespace = options.namespace ?? config.getContextObject(config.getCurrentContext())?.namespace ?? 'default'
  const running = new Set<SupervisedJob>()
  const closing = new AbortController()

  const remove = async (name: string) => {
    await batch.deleteNamespacedJob({ name, namespace, propagationPolicy: 'Background' }).catch(() => {})
  }

  const start = async (program: Program): Promise<RunningProgram> => {
    const { image } = program
    if (image === undefined) throw new StartError('names no image, which the kubernetes runtime needs')
    const name = `sluice-run-${randomBytes(8).toString('hex')}`
    const { user, service_account } = options
    const job: JobOptions = { name, namespace, image, user, service_account }
    const made = await batch.createNamespacedJob({ namespace, body: jobOf(program, job) })
    try {
      await core.createNamespacedSecret({ namespace, body: secretOf(program, job, made.metadata?.uid ?? '') })
      const body = { spec: { suspend: false } }
      await batch.patchNamespacedJob(
        { name, namespace, body },
        setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
      )
      const timeout_ms = options.start_timeout_ms ?? START_TIMEOUT_MS
      const pod = await awaitPod({ config, core, namespace, job: name, timeout_ms, signal: closing.signal })
      const supervised = await superviseJob({
        program,
        pod: { config, namespace, name: pod },
        core,
        remove: () => remove(name),
      })
      running.add(supervised)
      void supervised.left.then(() => running.delete(supervised))
      return supervised
    } catch (error) {
      await remove(name)
      throw error
    }
  }

  return {
    name: 'kubernetes',
    async start(describe) {
      try {
        return await start(typeof describe === 'function' ? describe(DIRECTORY) : describe)
      } catch (error) {
        throw asStartError(error)
      }
    },
    sweep: async (inherit) => await sweepJobs({ config, batch, core, namespace, remove }, inherit),
    async describeConfinement() {
      return {
        kind: 'kubernetes',
        summary: `Connectors run as Jobs in the namespace ${namespace}: not as root, with no capabilities, a read-only image and no service account token.`,
        gaps: [
          'Which hosts a connector may reach is for a NetworkPolicy of the cluster to say; infra/kubernetes/runner-role.yaml has one to begin with.',
        ],
      }
    },
    async close() {
      closing.abort()
      const stopped = [...running].map(async (job) => {
        await job.stop(0)
        job.leave()
      })
      await Promise.all(stopped)
    },
  }
}

function loadConfig(): KubeConfig {
  const config = new KubeConfig()
  config.loadFromDefault()
  return config
}

function asStartError(error: unknown): unknown {
  if (error instanceof StartError) return error
  if (error instanceof ApiException) {
    return new StartError(`cannot be started: the cluster answers ${error.code}: ${messageOf(error.body)}`)
  }
  const reason = error instanceof Error ? error.message : String(error)
  return new StartError(`cannot be started: the cluster cannot be reached (${reason})`, { cause: error })
}

/** The status that an API server answers with; it may repeat names, and never the values of a Secret. */
function messageOf(body: unknown): string {
  try {
    const status: unknown = typeof body === 'string' ? JSON.parse(body) : body
    if (typeof status === 'object' && status !== null && 'message' in status) return String(status.message)
  } catch {
    // No status: a proxy's page.
  }
  return 'no reason was given'
}
