// The lab as a stand-in for the provider and the API of a connector under test: `lab:access_token` and the like in its
// config are values that the lab makes.
import { isJsonObject, type JsonObject, type JsonValue } from '@sluice/connector-specs'
import { createPkce } from '@sluice/oauth'
import { CliError } from '../cli-error.ts'

const LAB_VALUES = ['access_token', 'refresh_token', 'client_id', 'client_secret'] as const

type LabValue = (typeof LAB_VALUES)[number]

export interface OpenLab {
  origin: string
  values: Record<LabValue, string>
  close(): Promise<void>
}

export function needsLab(config: JsonObject): boolean {
  return JSON.stringify(config).includes('"lab:')
}

/** Starts a lab on a free port and consents to what a client asks for there. */
export async function openLab(): Promise<OpenLab> {
  const { consent, startLab } = await import('@sluice/lab')
  const lab = await startLab()
  const client = lab.addClient()
  const [redirect_uri = ''] = client.redirect_uris
  const { code_verifier, code_challenge, code_challenge_method } = createPkce()
  const request = new URLSearchParams({
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri,
    scope: 'openid offline_access customers:read orders:read',
    prompt: 'consent',
    code_challenge,
    code_challenge_method,
  })
  const redirect = await consent(`${lab.origin}/auth?${request}`, { decision: 'allow' })
  const response = await fetch(`${lab.origin}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: redirect.searchParams.get('code') ?? '',
      redirect_uri,
      code_verifier: code_verifier.reveal(),
      client_id: client.client_id,
      client_secret: client.client_secret,
    }),
  })
  const reply: unknown = await response.json()
  const { access_token, refresh_token } = isJsonObject(reply) ? reply : {}
  const { client_id, client_secret } = client
  const values = { access_token: String(access_token), refresh_token: String(refresh_token), client_id, client_secret }
  return { origin: lab.origin, values, close: () => lab.close() }
}

/** The config with the lab's values in it. @throws CliError `source` for a value that the lab does not make */
export function withLabValues(config: JsonObject, { values }: Pick<OpenLab, 'values'>): JsonObject {
  const replaced = replace(config, values)
  return isJsonObject(replaced) ? replaced : {}
}

function replace(value: JsonValue, values: OpenLab['values']): JsonValue {
  if (Array.isArray(value)) return value.map((item) => replace(item, values))
  if (isJsonObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, replace(part ?? null, values)]))
  }
  if (typeof value !== 'string' || !value.startsWith('lab:')) return value
  const known = LAB_VALUES.find((name) => `lab:${name}` === value)
  if (known) return values[known]
  throw new CliError('source', `The lab makes no ${value}.`, {
    next_action: `It makes ${LAB_VALUES.map((name) => `lab:${name}`).join(', ')}.`,
  })
}
