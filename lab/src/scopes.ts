/** The scopes that the lab grants, each with the words that its consent page uses. */
export const SCOPES = {
  openid: 'Know which Lab account is yours',
  email: 'Know your email address',
  profile: 'Know your name',
  'customers:read': 'See your customers: names, email addresses and countries',
  'orders:read': 'See your orders: what was bought, when and for how much',
  offline_access: 'Keep this access while you are away, until you withdraw it',
} as const

export type Scope = keyof typeof SCOPES

/** The known scopes of a space-separated list (RFC 6749 §3.3); unknown ones are left out, as the server does. */
export function knownScopes(scope: unknown): Scope[] {
  if (typeof scope !== 'string') return []
  const requested = new Set(scope.split(' '))
  return (Object.keys(SCOPES) as Scope[]).filter((name) => requested.has(name))
}
