// The connector's own view of its config, read once the control plane has checked it against the schema in spec.ts.

export interface Config {
  region?: Region
  history?: 'all' | 'since'
  /** A date, `2025-06-01`; read only when `history` is `since`. */
  start_date?: string
  orders?: { sync: 'include'; status?: OrderStatus } | { sync: 'skip' }
  leave_out_emails?: boolean
  page_size?: number
  poll_seconds?: number
  credentials: { access_token: string }
}

export type Region = 'all' | 'americas' | 'asia' | 'europe'
export type OrderStatus = 'any' | 'pending' | 'paid' | 'shipped' | 'returned'

/** Where the regions' customers live, and what they pay with. */
export const REGIONS: Record<Exclude<Region, 'all'>, { countries: string[]; currencies: string[] }> = {
  americas: { countries: ['BR', 'US'], currencies: ['BRL', 'USD'] },
  asia: { countries: ['JP'], currencies: ['JPY'] },
  europe: { countries: ['DE', 'FR', 'GB'], currencies: ['EUR', 'GBP'] },
}

/** @throws Error naming the field, never its value. */
export function readConfig(value: unknown): Config {
  const config = value as Partial<Config> | null
  if (!config?.credentials?.access_token) {
    throw new Error('The config has no credentials.access_token. Authorize the source first.')
  }
  return config as Config
}
