// Runs in the network namespace of a program that has no network, by the Node that runs Sluice and nothing else: listens
// on its loopback, and carries each connection to a socket of the server. Its arguments are sockets and ports by turns;
// when it listens it tells the first port on stdout, which is of its own choice where 0 was asked for.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { pipeline } from 'node:stream/promises'

const MAXIMUM_CONNECTIONS = 256
const [, , ...words] = process.argv

async function forward(path, port) {
  const server = createServer({ allowHalfOpen: true }, async (inner) => {
    const outer = connect({ path, allowHalfOpen: true })
    for (const socket of [inner, outer]) socket.on('error', () => {})
    await Promise.allSettled([pipeline(inner, outer), pipeline(outer, inner)])
    inner.destroy()
    outer.destroy()
  })
  server.maxConnections = MAXIMUM_CONNECTIONS
  server.listen(port, '127.0.0.1')
  // A port that is taken is somebody else's to serve.
  await once(server, 'listening').catch(() => {})
  server.on('error', () => {})
  return server.address()?.port
}

const ports = []
for (let index = 0; index < words.length; index += 2) ports.push(await forward(words[index], Number(words[index + 1])))
process.stdout.write(`${ports[0]}\n`)
