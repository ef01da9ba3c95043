import { isDeepStrictEqual } from 'node:util'
import { isJsonObject } from '@sluice/connector-specs'
import type { RunEvent } from '../../events/run-event.ts'
import { createTeller } from '../../events/teller.ts'
import type { Launch } from '../../launch.ts'
import { escapeControls } from '../../printable.ts'
import type { WriteRequest } from '../../protocol/wire.ts'
import { createRedactor } from '../../redactor.ts'
import { type FlowRun, startFlowRun } from '../start-flow-run.ts'
import { converse } from './conversation.ts'
import { gatherDocuments } from './gathered-documents.ts'
import { sourceOf, splitState } from './kept-state.ts'
import { apply, stateOf, validateBindings } from './prepare-materialization.ts'
import { ACKNOWLEDGE, openRequest } from './requests.ts'
import { opened, stateUpdate } from './responses.ts'
import { showUnsuitable } from './show-unsuitable.ts'
import { followSource } from './source-feed.ts'
import { checkpoint, keepOwn, type Session, transact } from './transact.ts'

/**
 * Validates, applies and opens a materialization, and stores what the source reads, in transactions that end at the
 * source's checkpoints. A yielded checkpoint is to be kept before the next event is asked for: only then is the
 * transaction acknowledged. Where the destination keeps the checkpoint, the source starts from that one.
 *
 * @throws ConnectorError; `unsuitable` when the destination cannot take the collections. The connector is gone by then.
 */
export async function* materialize(given: Launch, request: WriteRequest): AsyncGenerator<RunEvent, void, void> {
  const { redact } = createRedactor(given.secrets)
  const teller = createTeller()
  const kept = splitState(request.state ?? {})
  // What one operation rotates, the next one starts with.
  let { config } = request
  const launch: Launch = {
    ...given,
    destination: true,
    onConfigUpdate(rotated) {
      config = rotated.reveal()
      given.onConfigUpdate?.(rotated)
    },
  }
  let run: FlowRun | null = null
  const source = followSource(request.input, teller)
  try {
    const task = await validateBindings(launch, { ...request, config }, teller)
    const gathered = gatherDocuments(task.bindings)
    const made = await apply(launch, { ...task, config }, kept.destination, teller)
    yield* teller.told()
    yield { type: 'applied', action_description: escapeControls(redact(made.action_description)) }
    yield* keepOwn(kept, made.state)

    run = await startFlowRun(launch, config, teller)
    const talk = converse(run, teller)
    await talk.tell(openRequest({ ...task, config }, kept.destination))
    const answer = yield* talk.next('opening', run.limits.timeout_ms)
    const { runtimeCheckpoint } = await talk.read(answer, 'opened', opened)
    yield { type: 'opened' }
    const isRemote = isJsonObject(runtimeCheckpoint)
    if (isRemote) {
      const source = sourceOf(task.name, runtimeCheckpoint)
      if (!isDeepStrictEqual(source, kept.source)) {
        run.log('info', 'The source goes on from the checkpoint that the destination keeps.')
        kept.source = source
        yield checkpoint(kept)
      }
    }
    request.startAt?.(kept.source)
    await talk.tell(ACKNOWLEDGE)
    const last = yield* talk.next('acknowledging the last transaction')
    yield* keepOwn(kept, stateOf(await talk.read(last, 'acknowledged', stateUpdate)))

    const session: Session = { run, teller, talk, task, gathered, source, kept, is_remote: isRemote }
    yield* transact(session)
    yield* talk.end()
    await run.stop()
    yield* teller.told()
    yield { type: 'done', reason: 'exited' }
  } catch (error) {
    yield* teller.told()
    throw showUnsuitable(error, launch)
  } finally {
    source.end()
    await run?.stop()
  }
}
