// A machine asks for an API key of its own, and a person who is signed in to the console approves it: by a redirect to a
// loopback address of that machine (RFC 8252, RFC 7636), or by a code that the person types (RFC 8628).
import { createHash } from 'node:crypto'
import type { Selectable } from 'kysely'
import type { Scope } from '../../api-keys/scopes.ts'
import { createUserCode, USER_CODE_SECONDS } from '../../connect-sessions/user-code.ts'
import type { LoginRequestTable } from '../../database/schema.ts'
import { notFound, Problem } from '../../http/problem.ts'
import type { Services } from '../../services.ts'
import { digest, randomToken } from '../../token-digest.ts'
import { uuidv7 } from '../../uuid.ts'

/** From the approval to the exchange: the browser is on its way. */
const CODE_SECONDS = 2 * 60

export type LoginRequest = Selectable<LoginRequestTable>

export interface AskedLogin {
  /** What it calls itself. */
  machine: string
  /** Null: whatever the person who approves may do. */
  scopes: readonly Scope[] | null
  expires_in_days: number
  /** RFC 7636 §4.2, by S256. */
  code_challenge: string
  /** Null: the person types a code. */
  redirect: { uri: string; state: string } | null
  asked_from: string
}

export async function storeLoginRequest(
  { db, now }: Services,
  { machine, scopes, expires_in_days, code_challenge, redirect, asked_from }: AskedLogin,
): Promise<{ id: string; user_code: string | null; expires_at: Date }> {
  const user_code = redirect === null ? createUserCode() : null
  const id = uuidv7()
  const expires_at = new Date(now().getTime() + USER_CODE_SECONDS * 1000)
  const inserted = await db
    .insertInto('login_requests')
    .values({
      id,
      code_challenge,
      user_code_hash: user_code === null ? null : digest(user_code),
      redirect_uri: redirect?.uri ?? null,
      state: redirect?.state ?? null,
      machine,
      asked_from,
      asked_scopes: scopes === null ? null : [...scopes],
      expires_in_days,
      expires_at,
    })
    .onConflict((conflict) => conflict.column('code_challenge').doNothing())
    .executeTakeFirst()
  if (inserted.numInsertedOrUpdatedRows === 1n) return { id, user_code, expires_at }
  throw new Problem(422, 'invalid_request', 'The code_challenge was used before. Make a new verifier.')
}

/** One that still waits for its decision. @throws Problem 404 `login_request_not_found` */
export async function findLoginRequest(
  { db, now }: Services,
  by: { id: string } | { user_code: string },
): Promise<LoginRequest> {
  const row = await db
    .selectFrom('login_requests')
    .selectAll()
    .$if('id' in by, (query) => query.where('id', '=', 'id' in by ? by.id : ''))
    .$if('user_code' in by, (query) =>
      query.where('user_code_hash', '=', digest('user_code' in by ? by.user_code : '')),
    )
    .where('expires_at', '>', now())
    .where('approved_at', 'is', null)
    .where('denied_at', 'is', null)
    .executeTakeFirst()
  if (row !== undefined) return row
  if ('id' in by) throw notFound('login_request', by.id)
  throw new Problem(404, 'login_request_not_found', 'There is no such code, or it was used or has expired. Look again.')
}

export interface Approval {
  tenant_id: string
  /** Who approved it, for the key's name. */
  approved_by: string
  /** Of the console session, if a key opened it. */
  approved_with_key: string | null
  scopes: readonly Scope[]
  rules_digest: Buffer | null
}

/** Decided once. @returns what the browser is to bring to the machine; null where the machine asks for itself */
export async function approveLoginRequest(
  { db, now }: Services,
  { id, redirect_uri, state }: LoginRequest,
  approval: Approval,
): Promise<string | null> {
  const code = redirect_uri === null ? null : randomToken()
  const time = now()
  const approved = await db
    .updateTable('login_requests')
    .set({
      ...approval,
      scopes: [...approval.scopes],
      approved_at: time,
      user_code_hash: null,
      code_hash: code === null ? null : digest(code),
      ...(code !== null && { expires_at: new Date(time.getTime() + CODE_SECONDS * 1000) }),
    })
    .where('id', '=', id)
    .where('approved_at', 'is', null)
    .where('denied_at', 'is', null)
    .where('expires_at', '>', time)
    .executeTakeFirst()
  if (approved.numUpdatedRows !== 1n) throw notFound('login_request', id)
  return answerTo(redirect_uri, { ...(code !== null && { code }), state })
}

export async function denyLoginRequest({ db, now }: Services, request: LoginRequest): Promise<string | null> {
  const { id, redirect_uri, state } = request
  await db
    .updateTable('login_requests')
    .set({ denied_at: now() })
    .where('id', '=', id)
    .where('approved_at', 'is', null)
    .execute()
  return answerTo(redirect_uri, { error: 'access_denied', state })
}

/** Takes an approved request, once, for who has its verifier and, after a redirect, its code. */
export async function takeApprovedLogin(
  { db, now }: Services,
  { code_verifier, code }: { code_verifier: string; code: string | null },
): Promise<LoginRequest> {
  const challenge = createHash('sha256').update(code_verifier).digest('base64url')
  const taken = await db
    .deleteFrom('login_requests')
    .where('code_challenge', '=', challenge)
    .where('approved_at', 'is not', null)
    .where('expires_at', '>', now())
    .where((row) => (code === null ? row('redirect_uri', 'is', null) : row('code_hash', '=', digest(code))))
    .returningAll()
    .executeTakeFirst()
  if (taken !== undefined) return taken
  throw await whyNot({ db, now }, challenge)
}

/** In the words of RFC 8628 §3.5 and RFC 6749 §5.2. */
async function whyNot({ db, now }: Pick<Services, 'db' | 'now'>, challenge: string): Promise<Problem> {
  const known = await db
    .selectFrom('login_requests')
    .select(['denied_at', 'approved_at'])
    .where('code_challenge', '=', challenge)
    .where('expires_at', '>', now())
    .executeTakeFirst()
  if (known === undefined) return new Problem(400, 'expired_token', 'This login was used or has expired. Start again.')
  if (known.denied_at !== null) return new Problem(400, 'access_denied', 'The login was refused in the console.')
  if (known.approved_at !== null) return new Problem(400, 'invalid_grant', 'The code is not the one of this login.')
  return new Problem(400, 'authorization_pending', 'Nobody has decided yet. Ask again in a moment.')
}

function answerTo(redirectUri: string | null, parameters: Record<string, string | null>): string | null {
  if (redirectUri === null) return null
  const url = new URL(redirectUri)
  for (const [name, value] of Object.entries(parameters)) if (value !== null) url.searchParams.set(name, value)
  return url.href
}
