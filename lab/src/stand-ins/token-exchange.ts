import { TokenRefusal } from './strict-form.ts'

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const JWT = 'urn:ietf:params:oauth:token-type:jwt'

/** A token that may be exchanged: its type and whose it is. */
export interface ExchangeableToken {
  token_type: string
  subject: string
}

export interface Exchange {
  subject: string
  actor: string | null
  issued_token_type: string
}

/**
 * Verifies a token exchange request (RFC 8693 §2.1): known tokens under their true types, an actor with its type or none
 * at all, and audiences that this server serves.
 *
 * @throws TokenRefusal `invalid_request`, `invalid_target`.
 */
export function verifyExchange(
  form: URLSearchParams,
  tokens: ReadonlyMap<string, ExchangeableToken>,
  audiences: ReadonlySet<string>,
): Exchange {
  const subject = findToken(form, 'subject', tokens)
  if (subject === null) throw new TokenRefusal('invalid_request', 'subject_token is missing.')
  const actor = findToken(form, 'actor', tokens)
  for (const target of [...form.getAll('audience'), ...form.getAll('resource')]) {
    if (!audiences.has(target)) throw new TokenRefusal('invalid_target', `${target} is not served.`)
  }
  const issued_token_type = form.get('requested_token_type') ?? ACCESS_TOKEN
  if (issued_token_type !== ACCESS_TOKEN && issued_token_type !== JWT) {
    throw new TokenRefusal('invalid_request', 'requested_token_type is not served.')
  }
  return { subject: subject.subject, actor: actor?.subject ?? null, issued_token_type }
}

function findToken(
  form: URLSearchParams,
  role: 'subject' | 'actor',
  tokens: ReadonlyMap<string, ExchangeableToken>,
): ExchangeableToken | null {
  const token = form.get(`${role}_token`)
  const token_type = form.get(`${role}_token_type`)
  if ((token === null) !== (token_type === null)) {
    throw new TokenRefusal('invalid_request', `${role}_token comes with its type or not at all.`)
  }
  if (token === null) return null
  const known = tokens.get(token)
  if (known === undefined || known.token_type !== token_type) {
    throw new TokenRefusal('invalid_request', `${role}_token is not a token of that type.`)
  }
  return known
}
