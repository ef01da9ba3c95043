// A Tightlock class in its bridge process, asked one thing at a time.
import type { JsonObject, JsonValue } from '@sluice/connector-specs'
import { z } from 'zod'
import { needsPython, pythonCommand, readBridgeLine, startBridge } from '../bridge/bridge-program.ts'
import type { Teller, ToldEvent } from '../events/teller.ts'
import type { Launch } from '../launch.ts'
import { splitLines } from '../ndjson.ts'
import { OutputFault } from '../output-fault.ts'
import type { Run } from '../run.ts'

const BRIDGE = new URL('./bridge.py', import.meta.url)

const failure = z.object({ name: z.string(), message: z.string(), data_in: z.boolean(), number: z.number().nullable() })

/** An exception that the class raised. `data_in`: its source could not be read. Numbers 10 to 49 may be tried again. */
export type ClassFailure = z.infer<typeof failure>

export type Answer = { answer: JsonValue; failure: null } | { answer: null; failure: ClassFailure }

export interface Host {
  run: Run
  kind: 'source' | 'destination'
  /** Asks and waits; what is told meanwhile is yielded. @throws ConnectorError when the process fails */
  ask(question: JsonObject): AsyncGenerator<ToldEvent, Answer, void>
  /** Lets the process end by itself, which it does when its input ends. */
  end(): Promise<void>
  /** The same for an answer without which nothing goes on. @throws ConnectorError `failed` with the class's own words */
  require(question: JsonObject): AsyncGenerator<ToldEvent, JsonValue, void>
}

/** @throws ConnectorError; the process is gone by then */
export async function startHost(launch: Launch, config: JsonObject | null, teller: Teller): Promise<Host> {
  const hosted = pythonCommand(launch.command)
  const module = hosted?.script[0]
  if (!hosted || module === undefined) throw needsPython(launch)
  const lines: Buffer[] = []
  const run = await startBridge(
    launch,
    { source: BRIDGE, python: hosted.python, orders: () => ({ module, config }), keep_open: true },
    teller.listener,
  )

  async function* next(during: string): AsyncGenerator<ToldEvent, Answer, void> {
    while (lines.length === 0) {
      const received = yield* teller.until(run, run.receive(run.limits.timeout_ms, during))
      if (received.kind === 'silent') {
        throw await run.fail(
          'timeout',
          `said nothing for ${run.limits.timeout_ms / 1000} s while ${during}. Look at its log.`,
        )
      }
      if (received.kind === 'end') {
        await run.judge(received.exit, during)
        throw await run.fail('incomplete', `ended by itself while ${during}. Look at its log.`)
      }
      lines.push(...splitLines(received.lines))
    }
    const line = lines.shift() ?? Buffer.alloc(0)
    try {
      const { answer, error } = readBridgeLine(line)
      if (error === undefined) return { answer: answer ?? null, failure: null }
      return { answer: null, failure: failure.parse(error) }
    } catch (cause) {
      if (!(cause instanceof OutputFault)) throw cause
      throw await run.failLine(line, 'something that is no answer', 'Mend the connector.')
    }
  }

  const host: Omit<Host, 'kind'> = {
    run,
    async *ask(question) {
      run.send(question)
      return yield* next(`answering ${String(question.ask)}`)
    },
    async end() {
      run.endInput()
      await run.receive(run.limits.grace_ms, 'ending').catch(() => {})
      await run.stop()
    },
    async *require(question) {
      const { answer, failure: failed } = yield* host.ask(question)
      if (failed) throw await failedWith(run, failed, `answering ${String(question.ask)}`)
      return answer
    },
  }
  try {
    const loading = next('loading the module')
    for (;;) {
      const { done, value } = await loading.next()
      if (!done) continue
      if (value.failure) throw await failedWith(run, value.failure, 'loading the module')
      return { ...host, kind: z.object({ kind: z.enum(['source', 'destination']) }).parse(value.answer).kind }
    }
  } catch (error) {
    await run.stop()
    throw error
  }
}

/** Errors are numbered: 10 to 49 may go away by themselves. */
export async function failedWith(run: Run, { name, message, number }: ClassFailure, during: string) {
  const transient = number !== null && number >= 10 && number < 50
  const said = run.showable(`${name}: ${message}`)
  return await run.fail('failed', `failed while ${during}: ${said}`, transient ? { verdict: 'transient' } : {})
}
