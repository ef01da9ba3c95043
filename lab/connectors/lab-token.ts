// How a connector that refreshes by itself gets its access token (RFC 6749 §6), as those of Airbyte and Singer do.

export interface RefreshableCredentials {
  client_id: string
  client_secret: string
  refresh_token: string
}

export interface FreshTokens {
  access_token: string
  /** Null when the lab does not rotate. */
  refresh_token: string | null
  /** ISO 8601. */
  expires_at: string
}

/** Spends the refresh token at the lab. @throws Error that says what to do, without a secret */
export async function refreshAtLab(origin: string, credentials: RefreshableCredentials): Promise<FreshTokens> {
  const response = await fetch(new URL('/token', origin), {
    method: 'POST',
    body: new URLSearchParams({ ...credentials, grant_type: 'refresh_token' }),
  })
  const reply = (await response.json()) as Record<string, unknown>
  if (typeof reply.access_token !== 'string') {
    throw new Error(
      `The lab refused the refresh token (${response.status} ${reply.error}). Authorize the source again.`,
    )
  }
  return {
    access_token: reply.access_token,
    refresh_token: typeof reply.refresh_token === 'string' ? reply.refresh_token : null,
    expires_at: new Date(Date.now() + Number(reply.expires_in) * 1000).toISOString(),
  }
}
