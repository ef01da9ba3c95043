import { failureOf, followOutput } from '../events/follow-output.ts'
import type { RunEvent } from '../events/run-event.ts'
import { createTeller } from '../events/teller.ts'
import type { Launch, LogLevel } from '../launch.ts'
import { splitLines } from '../ndjson.ts'
import { createBound } from '../protocol/bound.ts'
import type { CaptureRequest } from '../protocol/requests.ts'
import { type Run, startRun } from '../run.ts'
import { levelNamed } from '../stderr-log.ts'
import { variablesFile, variablesOf } from './variables.ts'

const DURING = 'running'
const FILE = 'variables'
/** Reads the variables from a private file and removes it, then becomes the program: they stand in no command line. */
const LAUNCHER = ['/bin/sh', '-c', '. "$0" && rm -f "$0" && exec "$@"']
/** Tinybird's CDK: `[time][tag][LEVEL] text`. */
const CDK_LOG = /^\[[^\]]*\]\[([^\]]*)\]\[([A-Za-z]+)\] ?(.*)$/

/** Runs the program to its end. It yields no documents; what it prints is its log, its exit code the outcome. */
export async function* read(launch: Launch, request: CaptureRequest): AsyncGenerator<RunEvent, void, void> {
  const variables = variablesOf(launch.name ?? 'the connector', request.config)
  const teller = createTeller()
  const run = await startRun(launch, {
    listener: teller.listener,
    before: (directory) => [...LAUNCHER, `${directory}/${FILE}`],
    files: { contents: () => ({ [FILE]: variablesFile(variables) }), arguments: () => [] },
  })
  try {
    run.endInput()
    yield { type: 'opened' }
    const { idle_ms } = createBound(request, run.limits)
    const end = yield* followOutput(run, teller, { idle_ms, during: DURING }, (lines) => tellLines(run, lines))
    if (end.kind === 'silent') {
      throw await run.fail('timeout', `said nothing for ${idle_ms / 1000} s while ${DURING}. Look at its log.`)
    }
    tellLines(run, end.rest)
    yield* teller.told()
    await run.judge(end.exit, DURING)
    yield { type: 'checkpoint', state: { updated: {}, merge_patch: true } }
    yield { type: 'done', reason: 'exited' }
  } catch (error) {
    throw await failureOf(run, error)
  } finally {
    await run.stop()
  }
}

/** Lines are logs alone: no events come of them. */
function tellLines(run: Run, lines: Buffer): never[] {
  for (const line of splitLines(lines)) {
    const text = line.toString('utf8')
    if (text.trim() === '') continue
    const [, tag, level, message] = CDK_LOG.exec(text) ?? []
    if (message === undefined || tag === undefined) run.log('info', text)
    else run.log(levelOf(level), message, { tag })
  }
  return []
}

function levelOf(level: string | undefined): LogLevel {
  return levelNamed(level ?? '') ?? 'info'
}
