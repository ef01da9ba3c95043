// What Sluice promises to withstand, numbered. Tests of a line bear its number: `S21 store="evil.com/#" is refused`.
// The cases come from RFC 9700, 9207, 9449, 9126, 7636, 8252, OWASP ASVS 5 V10, and published advisories.

export interface SecurityLine {
  number: number
  title: string
}

const TITLES = [
  // The connect flow
  'a callback without the binding cookie makes no token request',
  'a binding cookie of another authorization is refused',
  'one state is exchanged once, also by parallel callbacks',
  'an expired, changed, repeated or huge state is refused',
  'a person who did not start an authorization cannot finish it',
  'a code of one provider never reaches another (COAT)',
  'an attacker’s code on a victim’s callback is refused (CORF)',
  'a client secret is never released to another tenant’s spec',
  'a wrong or missing `iss` is refused, also on errors',
  'PKCE is S256 with long verifiers that never repeat',
  'an access token in the callback is ignored and flagged',
  'return addresses are exactly those allowed',
  'forged Host and X-Forwarded headers change no redirect URI',
  'a planted session id is replaced at the start',
  'cookies are __Host-, Secure, HttpOnly and Lax',
  'the callback leaves no code behind: strict policy, no referrer, no store, 303',
  'markup in a provider’s error is shown as text',
  'window messages name their origin and nonce and hold no token',
  'cross-site POSTs are refused, and GETs change nothing',
  'pending authorizations are bounded and rate-limited',

  // Templates and egress
  'no value moves a request to another host',
  'only https with a plain host is called',
  'private, loopback, link-local and mapped addresses are not called',
  'only the address that was checked is connected to',
  'redirects of a token endpoint are not followed',
  'no value leaves its string in a JSON body',
  'no value leaves its field in a form body',
  'no value breaks or adds a header',
  'a client authenticates by exactly one method, encoded',
  'values are never rendered as templates',
  'client secrets in places that others see fail the lint',
  'response maps do not reach prototypes',
  'hostile schemas are bounded in time, size and depth',

  // Responses
  'huge, endless and slow replies are cut',
  'compressed bombs are cut',
  'replies that are no token response are typed errors',
  'a 200 that declares failure is a failure',
  'odd lifetimes follow a defined policy',
  'malformed tokens are refused',
  'an omitted refresh token keeps the old one; a new one is committed first',
  'failures that may pass never kill a grant',
  'ID tokens are checked in full, or discarded',

  // Secrets
  'changed or swapped ciphertext does not open',
  'an interrupted key rotation resumes',
  'no secret reaches logs, errors, traces, metrics, arguments or output',
  'keys and states are compared as digests of equal length',
  'another tenant’s id looks like one that does not exist',
  'without an audit record nothing is revealed',
  'connectors get secrets by pipe or private file, gone after kill -9',
  'control characters in a provider’s errors are escaped',
  'specs of anonymous callers are refused',
  'a lost or downgraded DPoP binding asks for repair',
  'a pushed authorization request is never replaced by raw parameters',
  'deleting a connection revokes at the provider first',
  'the command line’s listener heeds only its own callback',
  'an outbound proxy does not switch address checks off',
  'webhooks are guarded, signed, dated and not replayable',
  'kill -9 between any steps of a refresh loses no grant',
]

export const securityChecklist: SecurityLine[] = TITLES.map((title, index) => ({ number: index + 1, title }))
