// What the lab and the process that forked it say to each other. Secrets travel here, not in argv or the environment.
import { z } from 'zod'

const labClient = z.object({
  client_id: z.string().min(1),
  client_secret: z.string().min(1),
  client_name: z.string().optional(),
  redirect_uris: z.array(z.url()).min(1),
})

/** The first message to the child. Every field but `type` is optional and means what it means in `LabOptions`. */
const start = z.object({
  type: z.literal('start'),
  port: z.int().min(0).max(65535).optional(),
  port_fallback: z.boolean().optional(),
  host: z.string().optional(),
  clients: z.array(labClient).optional(),
  /** Whether the client that `sluice raw oauth` uses is there too; default false. */
  developer_client: z.boolean().optional(),
  state_file: z.string().optional(),
  access_token_seconds: z.int().positive().optional(),
  rotation: z.enum(['never', 'always']).optional(),
})

const addClient = z.object({ type: z.literal('add_client'), client: labClient })

export const messageToChild = z.discriminatedUnion('type', [start, addClient])

export type MessageToChild = z.infer<typeof messageToChild>

export type MessageFromChild =
  /** The answer to `start`: the lab listens. */
  | { type: 'ready'; origin: string }
  /** The answer to `add_client`: the client may be used. */
  | { type: 'client_added'; client_id: string }
  /** The lab could not start, or did not understand a message; it ends. */
  | { type: 'error'; code: string; message: string }
