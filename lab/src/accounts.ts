/** The people who have an account at the lab. Their names are their ids; there are no passwords. */
export const ACCOUNTS = [
  { id: 'alice', name: 'Alice Archer', email: 'alice@lab.example' },
  { id: 'bob', name: 'Bob Baker', email: 'bob@lab.example' },
] as const

export type Account = (typeof ACCOUNTS)[number]
export type AccountId = Account['id']

export function findAccount(id: unknown): Account | undefined {
  return ACCOUNTS.find((account) => account.id === id)
}
