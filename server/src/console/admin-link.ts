// A link that signs in to the console once: whoever starts the server gets it where they see the server's output.
import type { Services } from '../services.ts'
import { digest, randomToken } from '../token-digest.ts'

const ADMIN_LINK_SECONDS = 15 * 60

/**
 * Makes the link of a tenant, in place of earlier ones. Its token is in the fragment, which browsers send to nobody, so
 * that no log has it; the page sends it in a request's body.
 */
export async function createAdminLink({ db, now, base_url }: Services, tenantId: string): Promise<string> {
  const token = randomToken()
  await db.transaction().execute(async (tx) => {
    await tx.deleteFrom('console_links').where('tenant_id', '=', tenantId).execute()
    await tx
      .insertInto('console_links')
      .values({
        hash: digest(token),
        tenant_id: tenantId,
        expires_at: new Date(now().getTime() + ADMIN_LINK_SECONDS * 1000),
      })
      .execute()
  })
  return `${base_url}/console/sign-in#link=${token}`
}

/** Uses the link up. Null when it is unknown, used or expired; else the tenant that it signs in to. */
export async function takeAdminLink({ db, now }: Services, token: string): Promise<string | null> {
  const taken = await db
    .deleteFrom('console_links')
    .where('hash', '=', digest(token))
    .where('expires_at', '>', now())
    .returning('tenant_id')
    .executeTakeFirst()
  return taken?.tenant_id ?? null
}
