// What is wrong with a connection, or will be: each with who can mend it and how. Nobody should have to guess from a
// status.
import { z } from '@hono/zod-openapi'
import type { ConnectionStatus, GrantProblem } from '../database/schema.ts'

const WARN_AHEAD_MS = 30 * 24 * 60 * 60 * 1000

export const connectionProblemSchema = z
  .object({
    code: z.string().openapi({ example: 'missing_scopes' }),
    cause: z.string(),
    owner: z.enum(['person', 'operator', 'provider', 'connector_author']).openapi({
      description: 'Who can mend it: `person` is who connected the account, `operator` is you.',
    }),
    next_action: z.string(),
    verdict: z
      .enum(['transient', 'reauthorize', 'integration_broken', 'connector_broken', 'in_doubt'])
      .optional()
      .openapi({ description: 'What a failed refresh means. `in_doubt`: an answer of the provider was lost.' }),
    since: z.iso.datetime().optional(),
    retry_at: z.iso
      .datetime()
      .nullish()
      .openapi({ description: 'When the refresh is tried again; null: not by itself.' }),
    provider_error: z
      .object({ status: z.int(), error: z.string().nullable(), error_description: z.string().nullable() })
      .nullish()
      .openapi({ description: 'The provider’s own words.' }),
  })
  .openapi('ConnectionProblem')

export type ConnectionProblem = z.infer<typeof connectionProblemSchema>

export interface ProblematicConnection {
  status: ConnectionStatus
  status_reason: string | null
  problem: GrantProblem | null
  integration_id: string | null
  disabled_at: Date | null
  exported_at: Date | null
  act_by: Date | null
}

const AUTHORIZE_AGAIN =
  'Send the person a connect link of POST /v1/connect_sessions with this connection_id; the connection keeps its id.'

export function connectionProblems(
  connection: ProblematicConnection,
  missingScopes: string[],
  now: Date,
): ConnectionProblem[] {
  return [
    ...disabled(connection),
    ...broken(connection),
    ...(connection.integration_id === null ? [] : lacking(missingScopes)),
    ...expiring(connection, now),
  ]
}

function disabled({ disabled_at, exported_at }: ProblematicConnection): ConnectionProblem[] {
  if (disabled_at === null) return []
  return [
    {
      code: exported_at === null ? 'disabled' : 'exported',
      cause: exported_at === null ? 'The connection is disabled.' : 'Its grant was handed over, so it rests here.',
      owner: 'operator',
      next_action: 'To use it again here, PATCH it with {"disabled": false}.',
    },
  ]
}

function broken({ status, status_reason, problem, integration_id }: ProblematicConnection): ConnectionProblem[] {
  if (problem !== null) {
    const { announced: _, untold: __, ...known } = problem
    return [known]
  }
  if (status === 'needs_reauthorization') {
    const isGrant = integration_id !== null
    return [
      {
        code: 'reauthorization_required',
        cause: status_reason ?? 'The provider no longer accepts the credentials.',
        owner: isGrant ? 'person' : 'operator',
        next_action: isGrant ? AUTHORIZE_AGAIN : 'PATCH the connection with credentials that the provider accepts.',
      },
    ]
  }
  if (status !== 'failing') return []
  return [
    {
      code: 'failing',
      cause: status_reason ?? 'The last attempt failed.',
      owner: 'operator',
      next_action: 'POST …/test says what fails.',
    },
  ]
}

function lacking(scopes: string[]): ConnectionProblem[] {
  if (scopes.length === 0) return []
  return [
    {
      code: 'missing_scopes',
      cause: `The person did not grant what is required: ${scopes.join(', ')}.`,
      owner: 'person',
      next_action: AUTHORIZE_AGAIN,
    },
  ]
}

function expiring({ act_by, status }: ProblematicConnection, now: Date): ConnectionProblem[] {
  if (act_by === null || status === 'needs_reauthorization') return []
  if (act_by.getTime() - now.getTime() > WARN_AHEAD_MS) return []
  return [
    {
      code: 'will_expire',
      cause: `The grant ends on ${act_by.toISOString()}, and no refresh can prevent that.`,
      owner: 'person',
      next_action: AUTHORIZE_AGAIN,
    },
  ]
}
