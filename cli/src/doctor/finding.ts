export interface Finding {
  /** What was looked at: `clock`, `redirect URI`. */
  check: string
  status: 'ok' | 'warning' | 'failure' | 'skipped'
  /** What was found, one sentence or less. */
  detail: string
  /** Null where there is nothing to do. */
  next_action: string | null
  /** Ids and values for programs. */
  data?: Record<string, unknown>
}

export const ok = (check: string, detail: string, data?: Finding['data']) => finding('ok', check, detail, null, data)

export const skipped = (check: string, detail: string) => finding('skipped', check, detail, null)

export function warning(check: string, detail: string, next_action: string, data?: Finding['data']): Finding {
  return finding('warning', check, detail, next_action, data)
}

export function failure(check: string, detail: string, next_action: string, data?: Finding['data']): Finding {
  return finding('failure', check, detail, next_action, data)
}

function finding(
  status: Finding['status'],
  check: string,
  detail: string,
  next_action: string | null,
  data?: Finding['data'],
): Finding {
  return { check, status, detail, next_action, ...(data && { data }) }
}

const DAY_MS = 86_400_000

export function daysSince(instant: string): number {
  return Math.floor((Date.now() - Date.parse(instant)) / DAY_MS)
}
