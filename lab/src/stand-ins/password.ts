import { TokenRefusal } from './strict-form.ts'

const KNOWN = new Set(['grant_type', 'username', 'password', 'scope', 'client_id', 'client_secret'])

/**
 * Verifies the resource owner password grant (RFC 6749 §4.3.2) and gives the user's name.
 *
 * @throws TokenRefusal `invalid_request` for parameters too few or too many, `invalid_grant` for a wrong user or password.
 */
export function verifyUser(form: URLSearchParams, users: ReadonlyMap<string, string>): string {
  for (const name of form.keys()) {
    if (!KNOWN.has(name)) throw new TokenRefusal('invalid_request', `${name} is not known.`)
  }
  const [username, password] = [form.get('username'), form.get('password')]
  if (username === null || password === null) {
    throw new TokenRefusal('invalid_request', 'username or password is missing.')
  }
  if (users.get(username) !== password) throw new TokenRefusal('invalid_grant', 'The user or password is wrong.')
  return username
}
