// Runs in the network namespace of a program that has no network, by the Node that runs Sluice and nothing else: listens
// on its loopback, tells the port on stdout, and carries each connection to the socket of the egress proxy.
import { connect, createServer } from 'node:net'
import { pipeline } from 'node:stream/promises'

const MAXIMUM_CONNECTIONS = 256
const [, , path] = process.argv

const server = createServer({ allowHalfOpen: true }, async (inner) => {
  const outer = connect({ path, allowHalfOpen: true })
  for (const socket of [inner, outer]) socket.on('error', () => {})
  await Promise.allSettled([pipeline(inner, outer), pipeline(outer, inner)])
  inner.destroy()
  outer.destroy()
})
server.on('error', () => {})
server.maxConnections = MAXIMUM_CONNECTIONS
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`))
