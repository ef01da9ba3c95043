// A key of this machine's own, which a person approves in the server's console: the browser brings a code to a loopback
// address (RFC 8252, RFC 7636), or the person types a code on any device (RFC 8628).
import { createHash, randomBytes } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { ApiError, createSluiceClient, dataOf, type IssuedLogin, type SluiceClient } from '@sluice/client'
import { tellIgnored } from '../authorization/announce.ts'
import { openBrowser } from '../authorization/open-browser.ts'
import { chooseRedirect } from '../authorization/redirect-uri.ts'
import { spell, waitForCallback } from '../authorization/wait-for-callback.ts'
import { type Callback, openCallbackListener } from '../callback/callback-listener.ts'
import { CliError } from '../cli-error.ts'
import { printable } from '../printable.ts'
import { unreachable } from '../server/open-server.ts'
import type { Terminal } from '../terminal.ts'

export interface MachineKeyOptions {
  /** The server's origin. */
  server: string
  /** Empty: whatever the person who approves may do. */
  scope: string[]
  /** Milliseconds. */
  expiresIn: number
  /** Milliseconds. */
  timeout: number
  open: boolean
}

const DAY_MS = 86_400_000

export async function keyByBrowser(options: MachineKeyOptions, terminal: Terminal): Promise<IssuedLogin> {
  const client = anonymous(options.server, terminal)
  const state = randomBytes(32).toString('base64url')
  const code_verifier = randomBytes(32).toString('base64url')
  await using listener = await openCallbackListener({
    port: 0,
    state,
    redirect: chooseRedirect({ redirectHost: '127.0.0.1' }),
    onIgnored: tellIgnored(terminal),
  })
  const { redirect_uri } = listener
  const body = { ...asked(options, code_verifier), redirect_uri, state }
  const { approval_url } = await dataOf(client.POST('/console/login_requests', { body }))
  terminal.tell(`Open this address and allow the login:\n\n  ${terminal.paint('bold', printable(approval_url))}\n`)
  terminal.note(`Waiting ${spell(options.timeout)}. Ctrl-C gives up; --device shows a code for another device instead.`)
  if (options.open) await openBrowser(approval_url, terminal)
  const callback = await waitForCallback(listener, { timeout: options.timeout, signal: terminal.signal })
  return await redeem(client, code_verifier, callback)
}

async function redeem(client: SluiceClient, code_verifier: string, callback: Callback): Promise<IssuedLogin> {
  const code = callback.parameters.get('code')
  try {
    if (code === null) throw refused()
    const body = { code_verifier, code }
    const issued = await dataOf(client.POST('/console/login_requests:redeem', { body })).catch(explain)
    const paragraphs = ['The terminal goes on. You can close this page.']
    await callback.answer({ status: 200, title: 'Logged in', paragraphs })
    return issued
  } catch (error) {
    const paragraphs = ['Nothing was stored. You can close this page; the terminal says what to do next.']
    await callback.answer({ status: code === null ? 403 : 502, title: 'Not logged in', paragraphs })
    throw error
  }
}

export async function keyByDevice(options: MachineKeyOptions, terminal: Terminal): Promise<IssuedLogin> {
  const client = anonymous(options.server, terminal)
  const code_verifier = randomBytes(32).toString('base64url')
  const started = await dataOf(client.POST('/console/login_requests', { body: asked(options, code_verifier) }))
  const { approval_url, interval, user_code } = started
  terminal.tell(`Open this address on any device:\n\n  ${printable(approval_url)}\n`)
  terminal.tell(`and enter the code  ${terminal.paint('bold', printable(user_code ?? ''))}\n`)
  terminal.note(`Waiting ${spell(options.timeout)}. Ctrl-C gives up.`)
  const end = performance.now() + options.timeout
  while (performance.now() < end) {
    await delay(interval * 1000, undefined, { signal: terminal.signal }).catch(() => terminal.signal.throwIfAborted())
    const call = client.POST('/console/login_requests:redeem', { body: { code_verifier } })
    const issued = await dataOf(call).catch((error: unknown) => (isPending(error) ? null : explain(error)))
    if (issued !== null) return issued
  }
  throw new CliError('timeout', `Nobody entered the code within ${spell(options.timeout)}.`, {
    next_action: 'Run the command again, or allow more time by --timeout.',
  })
}

function asked({ scope, expiresIn }: MachineKeyOptions, code_verifier: string) {
  return {
    machine: `${userInfo().username}@${hostname()}`.slice(0, 100),
    expires_in_days: Math.max(1, Math.ceil(expiresIn / DAY_MS)),
    code_challenge: createHash('sha256').update(code_verifier).digest('base64url'),
    // The server checks them, and lists those that there are.
    ...(scope.length > 0 && { scopes: scope as IssuedLogin['scopes'] }),
  }
}

/** A server is asked before there is a key. */
function anonymous(server: string, { signal }: Terminal): SluiceClient {
  return createSluiceClient({
    base_url: server,
    fetch: (request) =>
      fetch(request, { signal }).catch((cause: unknown) => {
        throw unreachable(server, cause)
      }),
  })
}

function isPending(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 'authorization_pending' || error.status === 429)
}

function explain(error: unknown): never {
  if (!(error instanceof ApiError)) throw error
  if (error.code === 'access_denied') throw refused()
  if (error.code === 'expired_token') throw new CliError('timeout', error.message, { cause: error })
  throw error
}

function refused(): CliError {
  return new CliError('authorization', 'The login was refused in the console.', {
    next_action: 'Run the command again and allow it there.',
  })
}
