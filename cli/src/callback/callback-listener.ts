import type { IncomingMessage, ServerResponse } from 'node:http'
import { bindLoopbacks } from './bind-loopbacks.ts'
import { isForeignPeer } from './foreign-peer.ts'
import { type Ignored, judgeRequest } from './judge-request.ts'
import { type Page, sendPage } from './page.ts'
import { IGNORED_PAGES } from './pages.ts'

/** The authorization response (RFC 6749 §4.1.2), and the browser that brought it and waits. */
export interface Callback {
  parameters: URLSearchParams
  answer(page: Page): Promise<void>
}

/** The redirect URI as it is sent to the provider, and the Host headers with which its requests may come. */
export interface Redirect {
  redirect_uri: string
  hosts: readonly string[]
}

export interface CallbackListener extends AsyncDisposable {
  redirect_uri: string
  port: number
  addresses: string[]
  /** Settles with the one request that counts. */
  callback: Promise<Callback>
}

export interface CallbackOptions {
  port: number
  state: string
  /** What the provider calls it; `state` unless given. */
  state_name?: string
  /** What is asked for, once the port is known. */
  redirect(port: number): Redirect
  onIgnored(reason: Ignored): void
}

/**
 * Listens for the authorization response. Only a GET of the redirect URI with our Host and our state, from a process of
 * this user, counts, and only the first; everything else is answered by a page and changes nothing.
 *
 * @throws CliError `usage` when the port cannot be had.
 */
export async function openCallbackListener(options: CallbackOptions): Promise<CallbackListener> {
  const received = Promise.withResolvers<Callback>()
  let taken = false

  const judge = async (request: IncomingMessage): Promise<URLSearchParams | Ignored> => {
    const { method = '', url = '', headers } = request
    const parameters = judgeRequest({ method, target: url, host: headers.host ?? '' }, expected)
    if (typeof parameters === 'string') return parameters
    if (await isForeignPeer(request.socket)) return 'other_user'
    if (taken) return 'second'
    taken = true
    return parameters
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    request.resume()
    const parameters = await judge(request)
    if (typeof parameters === 'string') {
      options.onIgnored(parameters)
      await sendPage(response, IGNORED_PAGES[parameters])
    } else {
      received.resolve({ parameters, answer: (page) => sendPage(response, page) })
    }
  }

  // A request that comes before both addresses are bound finds nothing to be compared with, and its connection is closed.
  const loopbacks = await bindLoopbacks(options.port, (request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  const { redirect_uri, hosts } = options.redirect(loopbacks.port)
  const expected = {
    path: new URL(redirect_uri).pathname,
    hosts,
    state: options.state,
    state_name: options.state_name ?? 'state',
  }
  return {
    redirect_uri,
    port: loopbacks.port,
    addresses: loopbacks.addresses,
    callback: received.promise,
    [Symbol.asyncDispose]: loopbacks.close,
  }
}
