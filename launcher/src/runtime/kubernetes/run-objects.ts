// The objects of one run: a Job, and a Secret that goes when the Job goes.
import type { V1Job, V1Secret } from '@kubernetes/client-node'
import { Secret } from '@sluice/connector-specs'
import { writeNote } from '../bequest.ts'
import type { Program } from '../runtime.ts'
import { BEQUEST_SECONDS, DIRECTORY, MOUNT, NOTE_KEY, podCommand, SECRETS } from './pod-script.ts'

export const MANAGED_BY = 'app.kubernetes.io/managed-by'
/** Names a pod's Job. Those that clusters put on pods by themselves are not the same before and after 1.27. */
export const RUN = 'sluice.dev/run'
export const CONTAINER = 'connector'
const GRACE_SECONDS = 10
/** How long a finished Job may still be looked at. */
const KEPT_SECONDS = 300
const DEADLINE_MARGIN_SECONDS = 60

export interface JobOptions {
  name: string
  namespace: string
  image: string
  /** The numeric user to run as; absent where images name one that is not root. */
  user: number | undefined
  service_account: string | undefined
}

/** Suspended, because its Secret is owned by it and so is made after it. */
export function jobOf(program: Program, { name, namespace, image, user, service_account }: JobOptions): V1Job {
  const { limits = {} } = program
  const margin = DEADLINE_MARGIN_SECONDS + (program.bequest ? BEQUEST_SECONDS : 0)
  const labels = { [MANAGED_BY]: 'sluice' }
  const bounds = {
    ...(limits.memory_bytes !== undefined && { memory: String(limits.memory_bytes) }),
    ...(limits.cpus !== undefined && { cpu: `${Math.ceil(limits.cpus * 1000)}m` }),
  }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace, labels, annotations: { 'sluice.dev/connector': program.name } },
    spec: {
      suspend: true,
      backoffLimit: 0,
      ttlSecondsAfterFinished: KEPT_SECONDS,
      ...(limits.time_ms !== undefined && {
        activeDeadlineSeconds: Math.ceil(limits.time_ms / 1000) + margin,
      }),
      template: {
        metadata: { labels: { ...labels, [RUN]: name } },
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: GRACE_SECONDS,
          ...(service_account !== undefined && { serviceAccountName: service_account }),
          securityContext: {
            runAsNonRoot: true,
            seccompProfile: { type: 'RuntimeDefault' },
            ...(user !== undefined && { runAsUser: user, runAsGroup: user }),
          },
          containers: [
            {
              name: CONTAINER,
              image,
              command: podCommand({
                command: [...(program.before ?? []), ...program.command],
                stdin: program.stdin === 'pipe',
                result: program.result_fd !== undefined,
                file_bytes: limits.file_bytes,
                cpu_seconds: limits.cpu_seconds,
                whole: program.replaces_entrypoint ?? program.before !== undefined,
              }),
              ...(program.cwd !== '' && { workingDir: program.cwd }),
              env: Object.entries({ HOME: DIRECTORY, TMPDIR: DIRECTORY, LANG: 'C.UTF-8', ...program.env }).map(
                ([key, value]) => ({ name: key, value }),
              ),
              resources: { limits: bounds, requests: bounds },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
              volumeMounts: [
                { name: 'run', mountPath: MOUNT },
                { name: 'secrets', mountPath: SECRETS, readOnly: true },
                { name: 'tmp', mountPath: '/tmp' },
              ],
            },
          ],
          volumes: [
            { name: 'run', emptyDir: {} },
            { name: 'secrets', secret: { secretName: name, defaultMode: 0o444 } },
            { name: 'tmp', emptyDir: {} },
          ],
        },
      },
    },
  }
}

/** @param uid of the Job */
export function secretOf(program: Program, { name, namespace }: JobOptions, uid: string): V1Secret {
  const files = Object.entries(program.files ?? {}).map(([file, content]) => [
    file,
    content instanceof Secret ? content.reveal() : content,
  ])
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace,
      labels: { [MANAGED_BY]: 'sluice' },
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name, uid, controller: true, blockOwnerDeletion: true }],
    },
    immutable: true,
    type: 'Opaque',
    stringData: { ...Object.fromEntries(files), ...(program.bequest && { [NOTE_KEY]: writeNote(program.bequest) }) },
  }
}
