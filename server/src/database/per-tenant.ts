const KEPT = 1000

/** One of something for each tenant, made when it is first asked for. What is kept is bounded: it must not be state. */
export function perTenant<T>(make: (tenantId: string) => T): (tenantId: string) => T {
  const kept = new Map<string, T>()
  return (tenantId) => {
    const known = kept.get(tenantId)
    if (known !== undefined) return known
    const made = make(tenantId)
    if (kept.size >= KEPT) kept.clear()
    kept.set(tenantId, made)
    return made
  }
}
