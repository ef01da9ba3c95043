// Between the authorization request and its response: single use, ten minutes, bound to the browser by a cookie.
import type { JsonObject } from '@sluice/oauth'
import { type Secret, secret } from '@sluice/oauth'
import { z } from 'zod'
import type { Services } from '../../services.ts'
import { digest } from '../../token-digest.ts'

export const PENDING_SIGN_IN_SECONDS = 10 * 60

const keptSchema = z.record(z.string(), z.json())

/** @param home whose data key seals what is kept: nobody is signed in yet */
export async function storePendingSignIn(
  { db, keys, now }: Services,
  home: string,
  { state, browser, kept }: { state: string; browser: string; kept: Secret<JsonObject> },
): Promise<void> {
  const hash = digest(state)
  await db
    .insertInto('console_sign_ins')
    .values({
      state_hash: hash,
      tenant_id: home,
      browser_hash: digest(browser),
      sealed: await keys.seal(placeOf(home, hash), kept.reveal()),
      expires_at: new Date(now().getTime() + PENDING_SIGN_IN_SECONDS * 1000),
    })
    .execute()
}

/** Takes what was kept, once, for the browser that started; null when nothing fits. */
export async function takePendingSignIn(
  { db, keys, now }: Services,
  { state, browser }: { state: string; browser: string },
): Promise<Secret<JsonObject> | null> {
  const hash = digest(state)
  const taken = await db
    .deleteFrom('console_sign_ins')
    .where('state_hash', '=', hash)
    .where('browser_hash', '=', digest(browser))
    .where('expires_at', '>', now())
    .returning(['tenant_id', 'sealed'])
    .executeTakeFirst()
  if (taken === undefined) return null
  return secret(keptSchema.parse(await keys.open(placeOf(taken.tenant_id, hash), taken.sealed)))
}

function placeOf(tenantId: string, hash: Buffer) {
  return { tenant_id: tenantId, table: 'console_sign_ins', column: 'sealed', row: hash.toString('hex') }
}
