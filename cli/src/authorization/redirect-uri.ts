import type { Callback, Redirect } from '../callback/callback-listener.ts'
import { CliError } from '../cli-error.ts'

export interface RedirectChoice {
  redirectHost: string
  /** The whole redirect URI, of a tunnel to this machine. */
  redirectUri?: string | undefined
}

/**
 * Where the provider sends the browser: `http://localhost:PORT/`, or a tunnel that leads to the port. A tunnel may
 * forward its own Host header or put the loopback address there.
 *
 * @throws CliError `usage` when it is no redirect URI (RFC 6749 §3.1.2).
 */
export function chooseRedirect({ redirectHost, redirectUri }: RedirectChoice): (port: number) => Redirect {
  if (redirectUri === undefined) {
    const host = redirectHost.includes(':') && !redirectHost.startsWith('[') ? `[${redirectHost}]` : redirectHost
    if (URL.parse(`http://${host}/`)?.hostname !== host.toLowerCase()) {
      throw new CliError('usage', '--redirect-host is a host name or address alone, such as localhost or 127.0.0.1.')
    }
    return (port) => direct(`http://${host}:${port}/`)
  }
  const url = URL.parse(redirectUri)
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || redirectUri.includes('#')) {
    throw new CliError(
      'usage',
      '--redirect-uri must be a whole http or https address without user name and fragment, such as https://my-tunnel.example/callback.',
    )
  }
  return (port) => ({
    redirect_uri: redirectUri,
    hosts: [url.host, `localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`],
  })
}

function direct(redirect_uri: string): Redirect {
  return { redirect_uri, hosts: [new URL(redirect_uri).host] }
}

/** The same where nothing listens, because the person brings the answer. @throws CliError `usage` for a free port */
export function withoutListener(redirect: (port: number) => Redirect, port: number) {
  if (port === 0) throw new CliError('usage', '--paste needs a --port to write into the redirect URI; 0 is none.')
  const { promise } = Promise.withResolvers<Callback>()
  const { redirect_uri } = redirect(port)
  return { redirect_uri, port, addresses: [], callback: promise, [Symbol.asyncDispose]: async () => {} }
}
