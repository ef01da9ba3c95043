import { randomBytes, randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { listen } from '../listen.ts'
import { escapeHtml, renderPage } from '../page.ts'
import { OAuth1Problem } from './oauth1-problem.ts'
import { type OAuth1SignatureMethod, type Verifier, verifyRequest } from './verify-request.ts'

export interface OAuth1Client {
  client_id: string
  client_secret: string
  /** Exactly what `oauth_callback` may be, but for a `state` of the client's own in its query. */
  callback: string
}

export interface OAuth1LabOptions {
  /** Default: both HMACs. PLAINTEXT must be asked for. */
  signature_methods?: OAuth1SignatureMethod[]
  /** Demanded in every request when given. */
  realm?: string
  /** False makes a server of OAuth 1.0 without the "a", which does not confirm callbacks. */
  confirms_callback?: boolean
  now?: () => Date
}

/** Endpoints: `/oauth1/initiate`, `/oauth1/authorize`, `/oauth1/token`, and an API under `/oauth1/api/`. */
export interface OAuth1Lab {
  readonly origin: string
  addClient(client?: Partial<OAuth1Client>): OAuth1Client
  close(): Promise<void>
}

interface Token {
  kind: 'temporary' | 'access'
  client_id: string
  secret: string
  callback: string
  /** Set when the person has allowed the request; only who brings it may have the token credentials. */
  verifier: string | null
}

/** Starts a small, strict server of OAuth 1.0a (RFC 5849). Its consent page works with `consent`. */
export async function startOAuth1Lab(options: OAuth1LabOptions = {}): Promise<OAuth1Lab> {
  const clients = new Map<string, OAuth1Client>()
  const tokens = new Map<string, Token>()
  const nonces = new Set<string>()
  const { signature_methods = ['HMAC-SHA1', 'HMAC-SHA256'], realm = null, confirms_callback = true } = options

  const verifierFor = (kind: Token['kind']): Verifier => ({
    signature_methods,
    realm,
    clientSecret: (client_id) => clients.get(client_id)?.client_secret,
    tokenSecret: (client_id, name) => {
      const token = tokens.get(name)
      return token?.kind === kind && token.client_id === client_id ? token.secret : undefined
    },
    takeNonce: (key) => nonces.size < nonces.add(key).size,
    now: options.now ?? (() => new Date()),
  })
  const issue = (token: Omit<Token, 'secret'>): [string, Token] => {
    const issued = { ...token, secret: `secret/${randomBytes(12).toString('base64')}` }
    const name = `token+${randomUUID()}`
    tokens.set(name, issued)
    return [name, issued]
  }

  const routes: Record<string, (request: Received) => Answer> = {
    'POST /oauth1/initiate': (request) => {
      const header = verifyRequest(verifierFor('temporary'), request)
      if (header.has('oauth_token')) throw new OAuth1Problem(400, 'parameter_rejected', 'oauth_token')
      const client = clients.get(header.get('oauth_consumer_key') ?? '')
      const callback = header.get('oauth_callback')
      if (client === undefined || callback === undefined || withoutState(callback) !== client.callback) {
        throw new OAuth1Problem(400, 'parameter_rejected', 'oauth_callback is not the registered one')
      }
      const [name, { secret }] = issue({ kind: 'temporary', client_id: client.client_id, callback, verifier: null })
      return form({
        oauth_token: name,
        oauth_token_secret: secret,
        ...(confirms_callback && { oauth_callback_confirmed: 'true' }),
      })
    },
    'GET /oauth1/authorize': ({ url }) => {
      const { client_id, callback } = waiting(tokens, url)
      const page = renderPage(
        `Allow ${client_id}?`,
        `<h1>${escapeHtml(client_id)} wants to use your Lab account</h1><form method="post"><div class="actions">
<button name="decision" value="deny">Deny</button><button name="decision" value="allow" class="primary">Allow</button>
</div></form>`,
        `'self' ${new URL(callback).origin}`,
      )
      return { status: 200, headers: page.headers, body: page.html }
    },
    'POST /oauth1/authorize': ({ url, body }) => {
      const token = waiting(tokens, url)
      const name = url.searchParams.get('oauth_token') ?? ''
      const back = new URL(token.callback)
      back.searchParams.set('oauth_token', name)
      if (new URLSearchParams(body).get('decision') === 'allow') {
        token.verifier = randomBytes(12).toString('base64')
        back.searchParams.set('oauth_verifier', token.verifier)
      } else {
        tokens.delete(name)
        back.searchParams.set('oauth_problem', 'permission_denied')
      }
      return { status: 303, headers: { location: back.href }, body: '' }
    },
    'POST /oauth1/token': (request) => {
      const header = verifyRequest(verifierFor('temporary'), request)
      const name = header.get('oauth_token') ?? ''
      const token = tokens.get(name)
      if (token === undefined || token.verifier === null)
        throw new OAuth1Problem(401, 'token_rejected', 'not authorized')
      if (header.get('oauth_verifier') !== token.verifier) {
        throw new OAuth1Problem(401, 'verifier_invalid', 'oauth_verifier')
      }
      tokens.delete(name)
      const [access, { secret }] = issue({ ...token, kind: 'access', verifier: null })
      return form({ oauth_token: access, oauth_token_secret: secret, user_id: 'alice' })
    },
  }
  const answerApi = (request: Received): Answer => {
    const header = verifyRequest(verifierFor('access'), request)
    if (!header.has('oauth_token')) throw new OAuth1Problem(401, 'parameter_absent', 'oauth_token')
    const account = { id: 'alice', method: request.method, query: [...request.url.searchParams], body: request.body }
    return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(account) }
  }

  const listener = await listen({ port: 0, host: undefined, port_fallback: false }, (req, res) => {
    void answer(req, res, origin, (request) => {
      const route = routes[`${request.method} ${request.url.pathname}`]
      if (route !== undefined) return route(request)
      if (request.url.pathname.startsWith('/oauth1/api/')) return answerApi(request)
      return { status: 404, headers: {}, body: '' }
    })
  })
  const origin = `http://localhost:${listener.port}`
  return {
    origin,
    addClient(client = {}) {
      const added = {
        client_id: `client/${randomUUID()}`,
        client_secret: `secret&${randomBytes(12).toString('base64')}`,
        callback: 'http://localhost:9/callback?from=lab',
        ...client,
      }
      clients.set(added.client_id, added)
      return added
    },
    close: listener.close,
  }
}

interface Received {
  method: string
  url: URL
  authorization: string | undefined
  content_type: string | undefined
  body: string
}

interface Answer {
  status: number
  headers: Record<string, string>
  body: string
}

async function answer(
  req: IncomingMessage,
  res: ServerResponse,
  origin: string,
  route: (request: Received) => Answer,
): Promise<void> {
  try {
    const { method = 'GET', headers } = req
    const received = { method, url: new URL(req.url ?? '/', origin), authorization: headers.authorization }
    const answered = route({ ...received, content_type: headers['content-type'], body: await text(req) })
    // A client that was busy for seconds must not meet a connection that is just being closed for idleness.
    res.setHeader('connection', 'close')
    res.writeHead(answered.status, answered.headers).end(answered.body)
  } catch (error) {
    if (!(error instanceof OAuth1Problem)) return void res.writeHead(400).end()
    res.writeHead(error.status, {
      'content-type': 'text/plain',
      'www-authenticate': `OAuth oauth_problem="${error.problem}"`,
    })
    res.end(new URLSearchParams({ oauth_problem: error.problem, oauth_problem_advice: error.message }).toString())
  }
}

function withoutState(callback: string): string {
  return callback.replace(/[?&]state=[\w-]*$/, '')
}

/** The temporary credentials that a person is asked about. */
function waiting(tokens: ReadonlyMap<string, Token>, url: URL): Token {
  const token = tokens.get(url.searchParams.get('oauth_token') ?? '')
  if (token?.kind !== 'temporary' || token.verifier !== null) {
    throw new OAuth1Problem(400, 'token_rejected', 'there is nothing to allow')
  }
  return token
}

/** Many servers of OAuth 1.0a call their form a page or text; this one does too. */
function form(members: Record<string, string>): Answer {
  return { status: 200, headers: { 'content-type': 'text/plain' }, body: new URLSearchParams(members).toString() }
}
