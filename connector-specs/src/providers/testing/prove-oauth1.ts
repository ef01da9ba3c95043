import assert from 'node:assert/strict'
import {
  buildOAuth1ApiRequest,
  buildOAuth1AuthorizationUrl,
  buildOAuth1TestCall,
  buildTemporaryCredentialsRequest,
  buildTokenCredentialsRequest,
  type OAuth1Plan,
  type ProviderDeclaration,
  readOAuth1AuthorizationResponse,
  readTemporaryCredentials,
  readTokenCredentials,
  secret,
} from '@sluice/oauth'
import { GRANTED, OAuth1StandIn } from './oauth1-stand-in.ts'
import { CLIENT, NOW, REDIRECT_URI } from './stand-in.ts'

const client = { client_id: CLIENT.client_id, client_secret: secret(CLIENT.client_secret) }
const moment = { now: NOW }
const ANY_CALL = { method: 'PUT', path: '/things/1?order=a%20b', body: '{"a":1}' }

/** The three legs, then the API, against a strict stand-in derived from the declaration. */
export function proveOAuth1(plan: OAuth1Plan, declared: ProviderDeclaration): void {
  const standIn = new OAuth1StandIn(declared)
  assert.equal(plan.provider, declared.provider)
  assert.deepEqual(plan.scopes, declared.oauth1?.scopes)
  // With a list of two, for their separator, then with the default scopes.
  if (plan.scopes !== null) authorize(plan, standIn, ['one', 'two:b'])
  const { token, token_secret, response } = authorize(plan, standIn)
  assert.deepEqual([token.reveal(), token_secret.reveal()], [GRANTED.token, GRANTED.secret])
  assert.deepEqual(response.reveal(), { user: 'ann' })

  const credentials = { ...client, token, token_secret }
  assert.equal(plan.api === null, declared.api === undefined)
  const request = buildOAuth1ApiRequest(plan, ANY_CALL, credentials, moment)
  if (request !== null) standIn.api(request, ANY_CALL)
  const test = declared.api?.test
  const call = buildOAuth1TestCall(plan, credentials, moment)
  assert.equal(call === null, test === undefined)
  if (call !== null && test !== undefined) {
    standIn.api(call, test)
    assert.deepEqual(call.body === null ? undefined : JSON.parse(call.body), test.body)
  }
  if (declared.api !== undefined) assert.deepEqual(plan.api?.expired, declared.api.expired)
  const retry = Object.entries(plan.api?.retry ?? {}).filter(([, value]) => value !== null)
  assert.deepEqual(Object.fromEntries(retry), { ...declared.api?.retry })
}

function authorize(plan: OAuth1Plan, standIn: OAuth1StandIn, scopes?: string[]) {
  const first = buildTemporaryCredentialsRequest(plan, { ...client, callback: REDIRECT_URI }, moment)
  const temporary = readTemporaryCredentials(standIn.temporary(first))
  const { url } = buildOAuth1AuthorizationUrl(plan, temporary, scopes && { scopes })
  const { verifier } = readOAuth1AuthorizationResponse(standIn.authorize(url, scopes), temporary)
  const last = buildTokenCredentialsRequest(plan, { ...client, temporary, verifier }, moment)
  return readTokenCredentials(standIn.token(last))
}
