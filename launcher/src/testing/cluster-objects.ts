// What the stand-in for a cluster takes as a Job and as a Secret: the fields that a run uses, and no others.
import { z } from 'zod'

const labels = z.record(z.string(), z.string())
const name = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/)
const path = z.string().startsWith('/')
const amount = z.string().regex(/^\d+m?$/)
const quantity = z.strictObject({ cpu: amount.optional(), memory: amount.optional() })

const container = z.strictObject({
  name,
  image: z.string().min(1),
  command: z.array(z.string()),
  workingDir: path.optional(),
  env: z.array(z.strictObject({ name: z.string(), value: z.string() })),
  resources: z.strictObject({ limits: quantity, requests: quantity }),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.boolean(),
    readOnlyRootFilesystem: z.boolean(),
    capabilities: z.strictObject({ drop: z.array(z.string()) }),
  }),
  volumeMounts: z.array(z.strictObject({ name, mountPath: path, readOnly: z.boolean().optional() })),
})

const volume = z.union([
  z.strictObject({ name, emptyDir: z.strictObject({}) }),
  z.strictObject({ name, secret: z.strictObject({ secretName: name, defaultMode: z.int() }) }),
])

export const jobRequest = z.strictObject({
  apiVersion: z.literal('batch/v1'),
  kind: z.literal('Job'),
  metadata: z.strictObject({ name, namespace: name, labels, annotations: labels }),
  spec: z.strictObject({
    suspend: z.boolean(),
    backoffLimit: z.int(),
    ttlSecondsAfterFinished: z.int(),
    activeDeadlineSeconds: z.int().positive().optional(),
    template: z.strictObject({
      metadata: z.strictObject({ labels }),
      spec: z.strictObject({
        restartPolicy: z.enum(['Never', 'OnFailure']),
        automountServiceAccountToken: z.boolean(),
        enableServiceLinks: z.boolean(),
        terminationGracePeriodSeconds: z.int(),
        serviceAccountName: name.optional(),
        securityContext: z.strictObject({
          runAsNonRoot: z.boolean(),
          runAsUser: z.int().optional(),
          runAsGroup: z.int().optional(),
          seccompProfile: z.strictObject({ type: z.string() }),
        }),
        containers: z.tuple([container]),
        volumes: z.array(volume),
      }),
    }),
  }),
})
export type JobRequest = z.infer<typeof jobRequest>

export const secretRequest = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('Secret'),
  metadata: z.strictObject({
    name,
    namespace: name,
    labels,
    ownerReferences: z.tuple([
      z.strictObject({
        apiVersion: z.literal('batch/v1'),
        kind: z.literal('Job'),
        name,
        uid: z.uuid(),
        controller: z.boolean(),
        blockOwnerDeletion: z.boolean(),
      }),
    ]),
  }),
  immutable: z.boolean(),
  type: z.literal('Opaque'),
  stringData: z.record(z.string().regex(/^[-._a-zA-Z0-9]+$/), z.string()),
})
export type SecretRequest = z.infer<typeof secretRequest>
