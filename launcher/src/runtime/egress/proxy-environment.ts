// How programs are told of the proxy that is their way out: there is no one way that all of them hear.
import type { DeclaredHosts } from './declared-hosts.ts'

const OWN = ['localhost', '127.0.0.1', '::1']

/**
 * Variables for what curl, Go, Python, Ruby, Rust, Node and Java programs are made of. What is the program's own loopback
 * is not asked of the proxy, but where `localhost` is declared: this machine's is meant then.
 */
export function proxyEnvironment(port: number, declared: DeclaredHosts): Record<string, string> {
  const proxy = `http://127.0.0.1:${port}`
  const own = OWN.filter((host) => !declared.names(host))
  const inBothCases = (name: string, value: string) => ({ [name]: value, [name.toLowerCase()]: value })
  const java = [
    ...['http', 'https'].flatMap((scheme) => [`-D${scheme}.proxyHost=127.0.0.1`, `-D${scheme}.proxyPort=${port}`]),
    `-Dhttp.nonProxyHosts=${own.map((host) => (host === '::1' ? '[::1]' : host)).join('|')}`,
  ]
  return {
    ...inBothCases('HTTP_PROXY', proxy),
    ...inBothCases('HTTPS_PROXY', proxy),
    ...inBothCases('ALL_PROXY', proxy),
    ...inBothCases('NO_PROXY', own.join(',')),
    NODE_USE_ENV_PROXY: '1',
    JAVA_TOOL_OPTIONS: java.join(' '),
  }
}
