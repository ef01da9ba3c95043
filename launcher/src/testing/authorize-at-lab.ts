import { createHash } from 'node:crypto'
import { consent, type Lab, type LabClient } from '@sluice/lab'

/** The tokens that a person's consent at the lab gives, as its token endpoint answers. */
export async function authorizeAtLab(
  lab: Lab,
  client: LabClient,
  scope = 'openid offline_access customers:read orders:read',
): Promise<{ access_token: string; refresh_token: string }> {
  const code_verifier = 'a-code-verifier-of-forty-three-characters-or-more'
  const redirect_uri = client.redirect_uris[0] ?? ''
  const request = new URLSearchParams({
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri,
    scope,
    prompt: 'consent',
    code_challenge: createHash('sha256').update(code_verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  const redirect = await consent(`${lab.origin}/auth?${request}`, { decision: 'allow' })
  const response = await fetch(`${lab.origin}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: redirect.searchParams.get('code') ?? '',
      redirect_uri,
      code_verifier,
      client_id: client.client_id,
      client_secret: client.client_secret,
    }),
  })
  return (await response.json()) as { access_token: string; refresh_token: string }
}
