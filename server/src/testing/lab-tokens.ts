// Tokens that somebody got from the lab without this server, as those who move here have them.
import assert from 'node:assert/strict'
import { type AccountId, consent, type Lab } from '@sluice/lab'
import { createPkce } from '@sluice/oauth'

export interface LabTokens {
  access_token: string
  refresh_token: string
  id_token: string
  scope: string
  expires_in: number
}

const REDIRECT_URI = 'http://localhost/moved'

/** The lab's client must be the one of the integration that the tokens are imported for. */
export async function obtainLabTokens(
  lab: Lab,
  client: { client_id: string; client_secret: string },
  { account = 'alice', scope = 'openid offline_access orders:read' }: { account?: AccountId; scope?: string } = {},
): Promise<LabTokens> {
  const { code_verifier, code_challenge } = createPkce()
  const url = new URL('/auth', lab.origin)
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: REDIRECT_URI,
    scope,
    state: 's',
    code_challenge,
    code_challenge_method: 'S256',
  }).toString()
  const redirect = await consent(url, { account, decision: 'allow' })
  const response = await fetch(new URL('/token', lab.origin), {
    method: 'POST',
    headers: { authorization: basic(client) },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: redirect.searchParams.get('code') ?? '',
      redirect_uri: REDIRECT_URI,
      code_verifier: code_verifier.reveal(),
    }),
  })
  assert.equal(response.status, 200)
  return (await response.json()) as LabTokens // the lab answers by RFC 6749 §5.1
}

/** Whether the provider still knows a token (RFC 7662). */
export async function isAlive(lab: Lab, client: { client_id: string; client_secret: string }, token: string) {
  const response = await fetch(new URL('/token/introspection', lab.origin), {
    method: 'POST',
    headers: { authorization: basic(client) },
    body: new URLSearchParams({ token }),
  })
  const { active } = (await response.json()) as { active: boolean } // RFC 7662 §2.2
  return active
}

export const LAB_REDIRECT_URI = REDIRECT_URI

const basic = ({ client_id, client_secret }: { client_id: string; client_secret: string }) =>
  `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`
