import type { ApiAccess } from '@sluice/oauth'

/**
 * Whether an API's answer means that the access token has expired: as the provider is declared to say it, else by a 401
 * (RFC 6750 §3.1).
 */
export function saysExpired(
  declared: ApiAccess['expired'] | null,
  { status, error_code }: { status: number; error_code?: string | undefined },
): boolean {
  const { statuses, error_codes } = declared ?? { statuses: [401], error_codes: [] }
  return statuses.includes(status) || (error_code !== undefined && error_codes.includes(error_code))
}
