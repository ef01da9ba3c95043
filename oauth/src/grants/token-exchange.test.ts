import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { startGrantStandIn } from '@sluice/lab'
import { refusal, rejection } from '../fixtures/token-requests.ts'
import { createGuardedFetch } from '../guarded-fetch.ts'
import { secret } from '../secret.ts'
import { DEVELOPMENT, serverAt } from '../testing/lab-client.ts'
import type { StandardClient } from './endpoint-request.ts'
import {
  buildTokenExchangeGrant,
  readTokenExchangeResponse,
  TOKEN_TYPES,
  type TokenExchangeGrant,
} from './token-exchange.ts'

const send = createGuardedFetch(DEVELOPMENT)
const client: StandardClient = {
  client_id: 'client-1',
  client_secret: secret('s3cret'),
  token_endpoint_auth_method: 'client_secret_basic',
}
const subject = { token: secret('subject&token'), token_type: TOKEN_TYPES.access_token }
const actor = { token: secret('actor+token'), token_type: TOKEN_TYPES.jwt }

async function start(t: TestContext) {
  const standIn = await startGrantStandIn({
    clients: { 'client-1': 's3cret' },
    exchangeable_tokens: {
      'subject&token': { token_type: TOKEN_TYPES.access_token, subject: 'alice' },
      'actor+token': { token_type: TOKEN_TYPES.jwt, subject: 'robot' },
    },
    audiences: ['orders', 'customers', 'https://api.example.com/v1?x=1'],
  })
  t.after(() => standIn.close())
  const exchange = async (grant: TokenExchangeGrant, by: StandardClient | null = client) => {
    const response = await send(await buildTokenExchangeGrant(serverAt(standIn.origin), by, grant))
    return readTokenExchangeResponse(response, { now: new Date(), requested_token_type: grant.requested_token_type })
  }
  return { standIn, exchange }
}

test('a token is exchanged for one that is good elsewhere', async (t) => {
  const { standIn, exchange } = await start(t)
  const tokens = await exchange({
    subject,
    actor,
    audience: ['orders', 'customers'],
    resource: 'https://api.example.com/v1?x=1',
    scope: 'read',
  })
  assert.deepEqual([tokens.issued_token_type, tokens.token_type], [TOKEN_TYPES.access_token, 'Bearer'])
  assert.deepEqual(standIn.issued.get(tokens.access_token.reveal()), {
    client_id: 'client-1',
    subject: 'alice',
    actor: 'robot',
    scope: 'read',
    targets: ['orders', 'customers', 'https://api.example.com/v1?x=1'],
  })
})

test('a token that is no access token says so', async (t) => {
  const { exchange } = await start(t)
  const tokens = await exchange({ subject, requested_token_type: TOKEN_TYPES.jwt })
  assert.deepEqual([tokens.issued_token_type, tokens.token_type], [TOKEN_TYPES.jwt, 'N_A'])
})

test('an unknown token, another type, a foreign audience and a missing client are refused', async (t) => {
  const { exchange } = await start(t)
  const error = async (grant: TokenExchangeGrant, by?: StandardClient | null) =>
    (await rejection(exchange(grant, by))).provider_error?.error
  assert.equal(await error({ subject: { ...subject, token: secret('unknown') } }), 'invalid_request')
  assert.equal(await error({ subject: { ...subject, token_type: TOKEN_TYPES.id_token } }), 'invalid_request')
  assert.equal(await error({ subject, audience: 'elsewhere' }), 'invalid_target')
  assert.equal(await error({ subject }, null), 'invalid_client')
  assert.equal(await error({ subject }, { ...client, client_secret: secret('wrong') }), 'invalid_client')
})

test('a reply that does not state the type that was asked for is malformed', () => {
  const read = (issued_token_type: unknown) =>
    readTokenExchangeResponse(
      { status: 200, headers: new Headers(), body: JSON.stringify({ access_token: 'at', issued_token_type }) },
      { now: new Date(), requested_token_type: TOKEN_TYPES.jwt },
    )
  assert.equal(read(TOKEN_TYPES.jwt).issued_token_type, TOKEN_TYPES.jwt)
  for (const type of [undefined, '', 7, TOKEN_TYPES.access_token]) {
    assert.equal(refusal(() => read(type)).field, 'issued_token_type')
  }
})
