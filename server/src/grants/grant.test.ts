import assert from 'node:assert/strict'
import { test } from 'node:test'
import { secret } from '@sluice/oauth'
import { startTestServer } from '../testing/test-server.ts'
import { uuidv7 } from '../uuid.ts'
import { sealedTokens } from './grant.ts'

test('what buys the next access token decides whether a grant is refreshed: a refresh token, the access token, or the client itself', async (t) => {
  const { services, tenant_id } = await startTestServer(t)
  const place = { id: uuidv7(), tenant_id }
  const expires_at = new Date(Date.now() + 3_600_000)
  const tokens = { access_token: secret('a'), refresh_token: null, expires_at, scope: null, token_type: null }
  const issued = { tokens: { ...tokens, response: secret({}) }, credentials: secret({ access_token: 'a' }) }
  const refresh_policy = { margin_seconds: null }
  const seal = async (refreshes_with: 'access_token' | 'refresh_token' | null, grant_type?: 'client_credentials') => {
    const behaviour = { refreshes_with, refresh_policy }
    const columns = await sealedTokens(services.keys, place, { ...issued, grant_type: grant_type ?? null }, null, {
      behaviour,
    })
    return [columns.refreshable, columns.refresh_due_at !== null]
  }
  assert.deepEqual(await seal('refresh_token'), [false, false])
  assert.deepEqual(await seal('access_token'), [true, true])
  assert.deepEqual(await seal(null), [false, false])
  assert.deepEqual(await seal(null, 'client_credentials'), [true, true])
})
