import { createSluiceClient, dataOf, type Violation } from '@sluice/client'
import type { JsonObject } from '../config-form/json.ts'
import type { RunCalls } from '../run/use-run.ts'

const sluice = createSluiceClient()

export function readLink(token: string) {
  return dataOf(sluice.GET('/connect/{token}/session', { params: { path: { token } } }))
}

interface AuthorizationChoices {
  config: JsonObject
  /** Those that the person left selected; left out: all that the link offers. */
  optional_scopes?: string[]
}

/** The provider's authorization URL, for which this browser is now bound. */
export async function authorize(token: string, body: AuthorizationChoices): Promise<string> {
  const params = { path: { token } }
  const { authorization_url } = await dataOf(sluice.POST('/connect/{token}/authorize', { params, body }))
  return authorization_url
}

export function previewCalls(token: string): RunCalls {
  const path = { token }
  return {
    start: () => dataOf(sluice.POST('/connect/{token}/runs', { params: { path }, body: { operation: 'preview' } })),
    read: (run_id) => dataOf(sluice.GET('/connect/{token}/runs/{run_id}', { params: { path: { ...path, run_id } } })),
  }
}

/** The violations of the body `{ config }` as violations of the config. */
export function configViolations(errors: readonly Violation[]): Violation[] {
  return errors.map((violation) => ({ ...violation, pointer: violation.pointer.replace(/^\/config(?=\/|$)/, '') }))
}
