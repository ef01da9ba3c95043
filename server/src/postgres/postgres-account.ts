// Postgres refuses to run as root. When we are root, it runs as another account of the machine.
import { readFileSync, statSync } from 'node:fs'
import { PostgresError } from './postgres-error.ts'

export interface OsAccount {
  uid: number
  gid: number
  name: string
}

const PREFERRED_ACCOUNTS = ['postgres', 'nobody']

/**
 * The account that Postgres runs as, or null when that is our own.
 *
 * For root: the owner of an existing cluster, else `postgres`, else `nobody`.
 *
 * @throws PostgresError `postgres_no_account` when the machine has neither; `postgres_foreign_cluster` when the cluster
 *   belongs to someone else and we are not root.
 */
export function choosePostgresAccount(cluster: string): OsAccount | null {
  const owner = statSync(cluster, { throwIfNoEntry: false })
  const uid = process.getuid?.()

  if (uid !== 0) {
    if (owner === undefined || uid === undefined || owner.uid === uid) return null
    throw new PostgresError(
      'postgres_foreign_cluster',
      `The database in ${cluster} belongs to ${accountName(owner.uid)}. Start as that user, or choose another directory by SLUICE_DATA.`,
    )
  }

  if (owner !== undefined && owner.uid !== 0) {
    return { uid: owner.uid, gid: owner.gid, name: accountName(owner.uid) }
  }
  const accounts = readAccounts()
  for (const name of PREFERRED_ACCOUNTS) {
    const account = accounts.find((candidate) => candidate.name === name)
    if (account !== undefined) return account
  }
  throw new PostgresError(
    'postgres_no_account',
    'Postgres does not run as root, and this machine has no user postgres or nobody. Start as an ordinary user, or set DATABASE_URL.',
  )
}

function accountName(uid: number): string {
  return readAccounts().find((account) => account.uid === uid)?.name ?? `user ${uid}`
}

/** passwd(5): name:password:uid:gid:… */
function readAccounts(): OsAccount[] {
  let text: string
  try {
    text = readFileSync('/etc/passwd', 'utf8')
  } catch {
    return []
  }
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 4)
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
}
