// What a kubelet does for `exec` over a websocket, in a pod that is played.
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { PodStandIn } from './pod-stand-in.ts'
import { acceptWebSocket } from './web-socket-server.ts'

/** Frames are a byte for the stream, then its bytes: 0 stdin, 1 stdout, 2 stderr, 3 status, 255 the end of a stream. */
export function runExec(
  request: IncomingMessage,
  socket: Socket,
  pod: PodStandIn,
  command: string[],
  protocol: string,
): void {
  const child = pod.exec(command)
  const peer = acceptWebSocket(request, socket, {
    protocol,
    onMessage(data) {
      if (data[0] === 0) child.stdin?.write(data.subarray(1))
      if (data[0] === 255 && data[1] === 0) child.stdin?.end()
    },
    // Whoever has nobody to talk to any more reads the end of its input, and cannot write.
    onEnd() {
      child.stdin?.end()
      child.stdout?.destroy()
    },
  })
  const closed = [child.stdout, child.stderr].map((stream, index) => {
    stream?.on('data', (data: Buffer) => {
      if (peer.send(Buffer.concat([Buffer.from([index + 1]), data]))) return
      stream.pause()
      peer.onDrain(() => stream.resume())
    })
    return new Promise((resolve) => stream?.once('close', resolve))
  })
  child.once('exit', (code) => {
    const failure = { status: 'Failure', details: { causes: [{ reason: 'ExitCode', message: String(code) }] } }
    void Promise.all(closed).then(() => {
      peer.send(
        Buffer.concat([Buffer.from([3]), Buffer.from(JSON.stringify(code === 0 ? { status: 'Success' } : failure))]),
      )
      peer.close()
    })
  })
}
