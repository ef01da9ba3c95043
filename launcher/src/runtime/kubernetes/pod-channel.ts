// One command exec'ed in a pod, over a websocket of its own, with back-pressure in both directions.

import { PassThrough, Readable, Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { Exec, type KubeConfig, type V1Status } from '@kubernetes/client-node'
import { CONTAINER } from './run-objects.ts'

const STDIN = 0
const CLOSE = 255
const WITH_CLOSE = 'v5.channel.k8s.io'
/** What carries connections to an API server often gives those up that are silent for some minutes. */
const PING_MS = 25_000

/** What of a websocket (`ws`) is used here. */
interface Connection {
  protocol: string
  on(event: 'message' | 'close' | 'error', listener: () => void): void
  send(data: Buffer, done: (error?: Error) => void): void
  pause(): void
  resume(): void
  ping(): void
  close(): void
}

export interface PodChannel {
  stdin: Writable
  stdout: PassThrough
  /** Bytes of its output so far. */
  received(): number
  /** Whether the command ended with 0; null when the connection ended before it did. */
  ended: Promise<boolean | null>
  /** Ends the connection, and with it the command. */
  close(): void
}

export interface Pod {
  config: KubeConfig
  namespace: string
  name: string
}

export async function openChannel(pod: Pod, command: string[]): Promise<PodChannel> {
  let received = 0
  const stdout = new PassThrough({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length
      done(null, chunk)
    },
  })
  const stderr = new PassThrough().resume()
  const { promise: ended, resolve } = Promise.withResolvers<boolean | null>()
  // Never read from: what is written goes by `send`, which tells when it was taken.
  const silent = new Readable({ read() {} })
  const hear = ({ status }: V1Status) => resolve(status === 'Success')
  const { config, namespace, name } = pod
  const exec = new Exec(config)
  const socket: unknown = await exec.exec(namespace, name, CONTAINER, command, stdout, stderr, silent, false, hear)
  const connection = socket as Connection // in Node it is a websocket of `ws`, whose types are not shipped with it
  connection.on('message', () => {
    if (!stdout.writableNeedDrain) return
    connection.pause()
    stdout.once('drain', () => connection.resume())
  })
  const pinging = setInterval(() => connection.ping(), PING_MS).unref()
  const over = () => {
    clearInterval(pinging)
    stdout.end()
    resolve(null)
  }
  connection.on('close', over)
  connection.on('error', over)
  stdout.on('error', () => {})
  return { stdin: inputOf(connection), stdout, received: () => received, ended, close: () => connection.close() }
}

/** Runs a command to its end. @returns its output, or null when it failed. @throws Error when nobody knows how it ended */
export async function execute(pod: Pod, command: string[], input?: Buffer): Promise<Buffer | null> {
  const channel = await openChannel(pod, command)
  if (input) channel.stdin.write(input)
  const [output, succeeded] = await Promise.all([buffer(channel.stdout), channel.ended])
  channel.close()
  if (succeeded === null) throw new Error('The connection to the pod broke.')
  return succeeded ? output : null
}

function inputOf(connection: Connection): Writable {
  const input = new Writable({
    write: (chunk: Buffer, _encoding, done) => connection.send(Buffer.concat([Buffer.from([STDIN]), chunk]), done),
    final(done) {
      if (connection.protocol === WITH_CLOSE) connection.send(Buffer.from([CLOSE, STDIN]), done)
      else {
        connection.close()
        done()
      }
    },
  })
  input.on('error', () => {})
  return input
}
