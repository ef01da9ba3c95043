/** One challenge of a `WWW-Authenticate` header (RFC 9110 §11.6.1). */
export interface Challenge {
  /** Lower case. */
  scheme: string
  /** Names in lower case. */
  parameters: Record<string, string>
}

const MAX_LENGTH = 8192

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
const SCHEME = new RegExp(`[\\s,]*(${TOKEN})(?:[ \\t]+|(?=\\s*,|\\s*$))`, 'y')
const TOKEN68 = /[A-Za-z0-9\-._~+/]+=*(?=\s*(?:,|$))/y
const PARAMETER = new RegExp(
  `[\\s,]*(${TOKEN})[ \\t]*=[ \\t]*(?:"((?:[^"\\\\]|\\\\.)*)"|(${TOKEN}))(?=\\s*(?:,|$))`,
  'y',
)

/** Reads all challenges up to the first that is malformed. Several header lines come joined by commas. */
export function readChallenges(headers: Headers): Challenge[] {
  const text = (headers.get('www-authenticate') ?? '').slice(0, MAX_LENGTH)
  const challenges: Challenge[] = []
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match !== null) at = pattern.lastIndex
    return match
  }
  for (let scheme = take(SCHEME)?.[1]; scheme !== undefined; scheme = take(SCHEME)?.[1]) {
    const parameters = new Map<string, string>()
    const first = take(PARAMETER)
    if (first === null) take(TOKEN68)
    for (let parameter = first; parameter !== null; parameter = take(PARAMETER)) {
      const [, name = '', quoted, token = ''] = parameter
      parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? token)
    }
    challenges.push({ scheme: scheme.toLowerCase(), parameters: Object.fromEntries(parameters) })
  }
  return challenges
}
