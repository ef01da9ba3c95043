// A provider whose apps are installed in accounts. An app signs an assertion and gets a token of one installation; each
// installation has an address of its own, and there is no token endpoint.
import { type KeyObject, randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { decodeJwt, jwtVerify } from 'jose'
import { listen } from '../listen.ts'

export interface InstallationStandInOptions {
  /** Public RSA keys of the apps, by client id. */
  apps: Record<string, KeyObject>
  /** Installations by id, each of one app. */
  installations: Record<string, string>
  /** How long tokens live; an hour unless given. */
  token_seconds?: number
  /** The current time unless given. */
  now?: () => Date
}

export interface InstallationStandIn {
  readonly origin: string
  /** How many tokens were issued. */
  readonly issued: number
  /** As if a person removed it. */
  uninstall(installation: string): void
  install(installation: string, app: string): void
  /** Whether a token is one of a present installation, and neither over nor revoked. */
  isAlive(token: string): boolean
  close(): Promise<void>
}

const CLAIMS = ['exp', 'iat', 'iss']
const LONGEST_SECONDS = 600

/** Starts it on a free loopback port. Assertions carry no claim more than it names, and reach ten minutes ahead at most. */
export async function startInstallationStandIn(options: InstallationStandInOptions): Promise<InstallationStandIn> {
  const installations = new Map(Object.entries(options.installations))
  const tokens = new Map<string, { installation: string; expires_at: number }>()
  const state = { issued: 0 }
  const now = options.now ?? (() => new Date())
  const isAlive = (token: string) => {
    const known = tokens.get(token)
    return known !== undefined && installations.has(known.installation) && known.expires_at > now().getTime()
  }

  const answer = async (req: IncomingMessage): Promise<[number, object | null]> => {
    const bearer = /^Bearer ([\w.~+/-]+=*)$/.exec(req.headers.authorization ?? '')?.[1] ?? ''
    const asked = /^\/app\/installations\/(\d+)\/access_tokens$/.exec(req.url ?? '')?.[1]
    if (req.method === 'POST' && asked !== undefined) {
      const app = await verified(bearer, options.apps, now())
      if (app === null) return [401, { message: 'A JSON web token could not be decoded', status: '401' }]
      if ((await text(req)) !== '') return [422, { message: 'Nothing was expected in the body', status: '422' }]
      if (installations.get(asked) !== app) return [404, { message: 'Not Found', status: '404' }]
      const token = `ghs_${randomBytes(18).toString('base64url')}`
      const expires_at = now().getTime() + (options.token_seconds ?? 3600) * 1000
      tokens.set(token, { installation: asked, expires_at })
      state.issued += 1
      return [201, { token, expires_at: new Date(expires_at).toISOString(), permissions: { contents: 'read' } }]
    }
    if (!isAlive(bearer)) return [401, { message: 'Bad credentials', status: '401' }]
    if (req.method === 'DELETE' && req.url === '/installation/token') {
      tokens.delete(bearer)
      return [204, null]
    }
    if (req.method === 'GET' && req.url === '/installation/repositories') return [200, { repositories: [] }]
    return [404, { message: 'Not Found', status: '404' }]
  }

  const listener = await listen({ port: 0, host: undefined, port_fallback: false }, (req, res) => {
    answer(req).then(
      ([status, body]) => send(res, status, body),
      (error: Error) => send(res, 500, { message: error.message, status: '500' }),
    )
  })
  return {
    origin: `http://localhost:${listener.port}`,
    get issued() {
      return state.issued
    },
    uninstall: (installation) => void installations.delete(installation),
    install: (installation, app) => void installations.set(installation, app),
    isAlive,
    close: listener.close,
  }
}

/** The app whose assertion it is; null when it is nobody's, or not as it must be. */
async function verified(assertion: string, apps: Record<string, KeyObject>, currentDate: Date): Promise<string | null> {
  try {
    const { iss = '' } = decodeJwt(assertion)
    const key = Object.hasOwn(apps, iss) ? apps[iss] : undefined
    if (key === undefined) return null
    const { payload } = await jwtVerify(assertion, key, { algorithms: ['RS256'], requiredClaims: CLAIMS, currentDate })
    const { exp = 0, iat = 0 } = payload
    const now = currentDate.getTime() / 1000
    const strict = Object.keys(payload).sort().join() === CLAIMS.join() && iat <= now && exp <= now + LONGEST_SECONDS
    return strict ? iss : null
  } catch {
    return null
  }
}

function send(res: ServerResponse, status: number, body: object | null): void {
  res.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  res.end(body === null ? undefined : JSON.stringify(body))
}
