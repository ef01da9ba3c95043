// A token endpoint for the grants that the lab's authorization server does not have: JWT bearer, token exchange, password.
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { listen } from '../listen.ts'
import { type AssertionKeys, verifyAssertion } from './jwt-bearer.ts'
import { verifyUser } from './password.ts'
import { authenticateOnce, readStrictForm, TokenRefusal } from './strict-form.ts'
import { type ExchangeableToken, verifyExchange } from './token-exchange.ts'

export interface GrantStandInOptions {
  /** Secrets by client id. */
  clients?: Record<string, string>
  /** Passwords by user name. */
  users?: Record<string, string>
  assertion_keys?: AssertionKeys
  exchangeable_tokens?: Record<string, ExchangeableToken>
  /** Audiences and resources that tokens may be exchanged for. */
  audiences?: string[]
}

/** What a token was issued for. */
export interface IssuedToken {
  client_id: string | null
  subject: string
  actor: string | null
  scope: string | null
  targets: string[]
}

export interface GrantStandIn {
  readonly origin: string
  readonly token_endpoint: string
  /** By access token. */
  readonly issued: ReadonlyMap<string, IssuedToken>
  close(): Promise<void>
}

/** Starts it on a free loopback port. It verifies strictly: see `readStrictForm`, `verifyAssertion`, `verifyExchange`, `verifyUser`. */
export async function startGrantStandIn(options: GrantStandInOptions = {}): Promise<GrantStandIn> {
  const clients = new Map(Object.entries(options.clients ?? {}))
  const users = new Map(Object.entries(options.users ?? {}))
  const keys = options.assertion_keys ?? new Map()
  const tokens = new Map(Object.entries(options.exchangeable_tokens ?? {}))
  const audiences = new Set(options.audiences)
  const issued = new Map<string, IssuedToken>()
  const seen = new Set<string>()

  const answer = async (req: IncomingMessage) => {
    const form = await readStrictForm(req)
    const client_id = authenticateOnce(req.headers.authorization, form, clients)
    const scope = form.get('scope')
    const targets = [...form.getAll('audience'), ...form.getAll('resource')]
    const access_token = randomBytes(16).toString('base64url')
    const reply = { access_token, token_type: 'Bearer', expires_in: 600, ...(scope !== null && { scope }) }
    switch (form.get('grant_type')) {
      case 'urn:ietf:params:oauth:grant-type:jwt-bearer': {
        const { sub = '' } = await verifyAssertion(form, keys, token_endpoint, seen)
        issued.set(access_token, { client_id, subject: sub, actor: null, scope, targets })
        return reply
      }
      case 'urn:ietf:params:oauth:grant-type:token-exchange': {
        if (client_id === null) throw new TokenRefusal('invalid_client', 'Who asks?', 401)
        const { subject, actor, issued_token_type } = verifyExchange(form, tokens, audiences)
        issued.set(access_token, { client_id, subject, actor, scope, targets })
        const token_type = issued_token_type.endsWith(':access_token') ? 'Bearer' : 'N_A'
        return { ...reply, token_type, issued_token_type }
      }
      case 'password': {
        if (client_id === null) throw new TokenRefusal('invalid_client', 'Who asks?', 401)
        const subject = verifyUser(form, users)
        issued.set(access_token, { client_id, subject, actor: null, scope, targets })
        return reply
      }
      default:
        throw new TokenRefusal('unsupported_grant_type', 'This server knows three grants.')
    }
  }

  const listener = await listen({ port: 0, host: undefined, port_fallback: false }, (req, res) => {
    answer(req).then(
      (reply) => send(res, 200, reply),
      (error: Error) => {
        const { code, status } = error instanceof TokenRefusal ? error : { code: 'server_error', status: 500 }
        send(res, status, { error: code, error_description: error.message })
      },
    )
  })
  const origin = `http://localhost:${listener.port}`
  const token_endpoint = `${origin}/token`
  return { origin, token_endpoint, issued, close: listener.close }
}

function send(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify(body))
}
