// A strict OAuth 1.0a server derived from a provider's declaration. Signatures are verified by the lab's code, which shares
// none with the engine.

import assert from 'node:assert/strict'
import { verifyOAuth1Request } from '@sluice/lab'
import type { ProviderDeclaration, TokenRequest } from '@sluice/oauth'
import { fillIn } from './expected-request.ts'
import { CLIENT, NOW, REDIRECT_URI, type Reply } from './stand-in.ts'

const TEMPORARY = { token: 'temporary+/=1', secret: 'temporary&/+ =' }
const VERIFIER = 'verifier&+="\\'
/** What the three legs end in. */
export const GRANTED = { token: 'token+/=2', secret: 'token&/+ =' }

const ALWAYS = [
  'oauth_consumer_key',
  'oauth_nonce',
  'oauth_signature',
  'oauth_signature_method',
  'oauth_timestamp',
  'oauth_version',
]

export class OAuth1StandIn {
  readonly #declared: ProviderDeclaration
  readonly #oauth1: NonNullable<ProviderDeclaration['oauth1']>
  readonly #nonces = new Set<string>()

  constructor(declared: ProviderDeclaration) {
    assert.ok(declared.oauth1)
    this.#declared = declared
    this.#oauth1 = declared.oauth1
  }

  temporary(request: TokenRequest): Reply {
    this.#requirePost(request, this.#oauth1.temporary_credentials_url)
    const header = this.#verify(request, null, ['oauth_callback'])
    assert.equal(header.get('oauth_callback'), REDIRECT_URI)
    return form({ ...credentials(TEMPORARY), oauth_callback_confirmed: 'true' })
  }

  /** Reads the address that the browser goes to and answers with the parameters of the callback. */
  authorize(address: string, scopes: string[] | undefined): URLSearchParams {
    const url = new URL(address)
    const { authorization_url, authorization_parameters, scopes: declared } = this.#oauth1
    const list = (scopes ?? declared?.default ?? []).join(declared?.separator)
    assert.equal(`${url.origin}${url.pathname}`, authorization_url)
    const expected = {
      ...authorization_parameters,
      ...(declared !== null && list !== '' && { [declared.parameter]: list }),
      oauth_token: TEMPORARY.token,
    }
    assert.deepEqual([...url.searchParams].sort(), Object.entries(expected).sort())
    return new URLSearchParams({ oauth_token: TEMPORARY.token, oauth_verifier: VERIFIER })
  }

  token(request: TokenRequest): Reply {
    this.#requirePost(request, this.#oauth1.token_credentials_url)
    const header = this.#verify(request, TEMPORARY, ['oauth_verifier'])
    assert.equal(header.get('oauth_verifier'), VERIFIER)
    return form({ ...credentials(GRANTED), user: 'ann' })
  }

  api(request: TokenRequest, { method, path }: { method: string; path: string }): void {
    const { api } = this.#declared
    assert.ok(api)
    const { authorization: _signature, ...headers } = request.headers
    const expected = new Map([['accept', 'application/json']])
    if (request.body !== null) expected.set('content-type', 'application/json')
    for (const [name, source] of Object.entries(api.headers ?? {})) {
      if (source === null) expected.delete(name.toLowerCase())
      else expected.set(name.toLowerCase(), fillIn(source, CLIENT) ?? '')
    }
    assert.deepEqual(Object.entries(headers).sort(), [...expected].sort())
    assert.equal(request.method, method)
    assert.equal(request.url, new URL(`${fillIn(api.base_url ?? '', CLIENT)?.replace(/\/$/, '')}${path}`).href)
    this.#verify(request, GRANTED, [])
  }

  #requirePost({ method, url, headers, body }: TokenRequest, address: string): void {
    assert.deepEqual([method, url, body], ['POST', address, ''])
    assert.deepEqual(Object.keys(headers).sort(), ['accept', 'authorization'])
  }

  /** Signed by the declared method, with the token at hand, and nothing more in the header than `further`. */
  #verify(request: TokenRequest, token: typeof GRANTED | null, further: string[]): Map<string, string> {
    const { signature_method, realm } = this.#oauth1
    const { method, headers, body } = request
    const header = verifyOAuth1Request(
      {
        signature_methods: [signature_method],
        realm,
        clientSecret: (client_id) => (client_id === CLIENT.client_id ? CLIENT.client_secret : undefined),
        tokenSecret: (_client_id, name) => (name === token?.token ? token.secret : undefined),
        takeNonce: (key) => this.#nonces.size < this.#nonces.add(key).size,
        now: () => NOW,
      },
      {
        method,
        url: new URL(request.url),
        authorization: headers.authorization,
        content_type: headers['content-type'],
        body: body ?? '',
      },
    )
    const expected = [
      ...ALWAYS,
      ...further,
      ...(token === null ? [] : ['oauth_token']),
      ...(realm === null ? [] : ['realm']),
    ]
    assert.deepEqual([...header.keys()].sort(), expected.sort())
    return header
  }
}

function credentials({ token, secret }: typeof GRANTED): Record<string, string> {
  return { oauth_token: token, oauth_token_secret: secret }
}

function form(members: Record<string, string>): Reply {
  const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded' })
  return { status: 200, headers, body: new URLSearchParams(members).toString() }
}
