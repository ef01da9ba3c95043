// An opened materialization: what it is told, what it answers, and that it says nothing when nothing was asked.
import type { JsonObject } from '@sluice/connector-specs'
import type { z } from 'zod'
import type { Teller, ToldEvent } from '../../events/teller.ts'
import { escapeControls } from '../../printable.ts'
import { within } from '../../waiting.ts'
import { messageReader, type ReceivedMessage } from '../message-reader.ts'
import { readResponse } from '../responses.ts'
import type { FlowRun } from '../start-flow-run.ts'

export interface Conversation {
  /** Settles once more may be told. */
  tell(request: JsonObject): Promise<void>
  /** The next message; `during` completes the sentence "… while". @throws ConnectorError when there is none in time */
  next(during: string, waitMs?: number): AsyncGenerator<ToldEvent, JsonObject, void>
  /** The body of a message that must be of this kind. @throws ConnectorError */
  read<T>(message: JsonObject, key: string, schema: z.ZodType<T>): Promise<T>
  /** What the promise gives, unless the connector speaks or ends first, which it must not. @throws ConnectorError */
  meanwhile<T>(promise: Promise<T>): AsyncGenerator<ToldEvent, T, void>
  /**
   * Tells requests while the answers are read, so that neither waits for the other. What fails in making them ends the
   * connector, and is thrown by `settled`.
   */
  beside(requests: () => AsyncIterable<JsonObject>): { settled(): Promise<void> }
  /** Ends what is told, and waits for the connector to end by itself. */
  end(): AsyncGenerator<ToldEvent, void, void>
}

const WAITING = 'waiting for documents'

/** So much goes to the connector at once. */
const CHUNK_BYTES = 64 * 1024

export function converse(run: FlowRun, teller: Teller): Conversation {
  const messages = messageReader(run)
  let pending: Promise<ReceivedMessage> | null = null
  let spoke = false
  let wake = () => {}

  const receive = (during: string, waitMs = run.limits.idle_ms) => {
    if (pending) return pending
    spoke = false
    const taken = messages.take()
    const received = taken
      ? taken.then((message): ReceivedMessage => ({ kind: 'message', message }))
      : messages.receive(waitMs, during)
    const tellOf = () => {
      spoke = true
      wake()
    }
    received.then(tellOf, tellOf)
    pending = received
    return received
  }
  const take = async (during: string, waitMs?: number) => {
    const received = await receive(during, waitMs)
    pending = null
    return received
  }

  const conversation: Conversation = {
    tell: (request) => run.write(run.codec.encode(request)),
    async *next(during, waitMs = run.limits.idle_ms) {
      const received = yield* teller.until(run, take(during, waitMs))
      if (received.kind === 'message') return received.message
      if (received.kind === 'end') throw await run.fail('incomplete', `exited while ${during}. Look at its log.`)
      throw await run.fail('timeout', `said nothing for ${waitMs / 1000} s while ${during}. Look at its log.`)
    },
    async read(message, key, schema) {
      const response = readResponse(message, key, schema)
      if ('fault' in response)
        throw await run.fail('protocol', `${escapeControls(response.fault)}. Mend the connector.`)
      return response.body
    },
    async *meanwhile<T>(promise: Promise<T>) {
      for (;;) {
        void receive(WAITING)
        const first = new Promise<{ value: T } | null>((resolve, reject) => {
          wake = () => resolve(null)
          promise.then((value) => resolve({ value }), reject)
          if (spoke) wake()
        })
        const result = yield* teller.until(run, first)
        if (result) return result.value
        const received = await take(WAITING)
        if (received.kind === 'silent') continue
        if (received.kind === 'end') throw await run.fail('incomplete', `exited while ${WAITING}. Look at its log.`)
        const said = escapeControls(Object.keys(received.message)[0] ?? '')
        throw await run.fail('protocol', `answered "${said}" where nothing was due. Mend the connector.`)
      }
    },
    beside(requests) {
      let failure: { error: unknown } | null = null
      const told = tellAll(run, requests()).catch(async (error: unknown) => {
        failure = { error }
        await run.stop()
      })
      return {
        async settled() {
          await told
          if (failure) throw (failure as { error: unknown }).error
        },
      }
    },
    async *end() {
      run.endInput()
      const ending = pending ?? messages.receive(run.limits.grace_ms, 'ending')
      pending = null
      const received = yield* teller.until(run, within(run.limits.grace_ms, ending))
      if (received?.kind !== 'message') return
      throw await run.fail('protocol', 'spoke once more when all was acknowledged. Mend the connector.')
    },
  }
  return conversation
}

async function tellAll(run: FlowRun, requests: AsyncIterable<JsonObject>): Promise<void> {
  let chunk: Buffer[] = []
  let size = 0
  const write = async () => {
    await run.write(Buffer.concat(chunk, size))
    chunk = []
    size = 0
  }
  for await (const request of requests) {
    const encoded = run.codec.encode(request)
    const bytes = typeof encoded === 'string' ? Buffer.from(encoded) : encoded
    chunk.push(bytes)
    size += bytes.length
    if (size >= CHUNK_BYTES) await write()
  }
  await write()
}
