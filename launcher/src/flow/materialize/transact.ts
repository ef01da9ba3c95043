// The transactions of an opened materialization: documents are gathered up to a checkpoint of the source; those that the
// destination has of the same keys are loaded; both are reduced, stored, and committed with the source's state.
import type { JsonObject } from '@sluice/connector-specs'
import { ConnectorError } from '../../connector-error.ts'
import { foldState } from '../../events/fold-state.ts'
import type { RunEvent, StateUpdate } from '../../events/run-event.ts'
import type { Teller, ToldEvent } from '../../events/teller.ts'
import type { FlowRun } from '../start-flow-run.ts'
import type { Conversation } from './conversation.ts'
import { loadRequest, storeRequest } from './documents.ts'
import { type GatheredDocuments, UnaskedDocument } from './gathered-documents.ts'
import { joinState, type KeptState, runtimeCheckpoint } from './kept-state.ts'
import { stateOf } from './prepare-materialization.ts'
import { ACKNOWLEDGE, FLUSH, type Materialization, startCommitRequest } from './requests.ts'
import { loaded, stateUpdate } from './responses.ts'
import type { SourceFeed } from './source-feed.ts'

/** A transaction ends at a checkpoint: when so much has come, after so long, or when the source has nothing more. */
const TRANSACTION_BYTES = 16 * 1024 * 1024
const TRANSACTION_MS = 10_000
const QUIET_MS = 200

export interface Session {
  run: FlowRun
  teller: Teller
  talk: Conversation
  task: Materialization
  gathered: GatheredDocuments
  source: SourceFeed
  /** As of the last checkpoint that was yielded. */
  kept: KeptState
  /** Whether the destination keeps the checkpoint. */
  is_remote: boolean
}

/** Stores what the source reads until it ends. @throws ConnectorError; the source's own after what counts was stored */
export async function* transact(session: Session): AsyncGenerator<RunEvent, void, void> {
  const { gathered, kept } = session
  for (;;) {
    const { state, end } = yield* gather(session)
    if (gathered.committable > 0 || (session.is_remote && state !== kept.source)) yield* commit(session, state)
    else if (state !== kept.source) {
      kept.source = state
      yield checkpoint(kept)
    }
    await gathered.clear()
    if (end?.kind === 'failed') throw end.error
    if (end) return
  }
}

interface Gathering {
  /** The source's, up to which documents were gathered. */
  state: JsonObject
  end: { kind: 'ended' } | { kind: 'failed'; error: unknown } | null
}

async function* gather({ run, talk, gathered, source, kept }: Session): AsyncGenerator<ToldEvent, Gathering, void> {
  const started = performance.now()
  let state = kept.source
  for (;;) {
    const mayCommit = gathered.open === 0 && state !== kept.source
    const isFull = gathered.bytes > TRANSACTION_BYTES || performance.now() - started > TRANSACTION_MS
    if (mayCommit && isFull) return { state, end: null }
    const fed = yield* talk.meanwhile(source.next(mayCommit ? QUIET_MS : Number.POSITIVE_INFINITY))
    if (!fed) return { state, end: null }
    if (fed.kind !== 'event') {
      if (gathered.open > 0) {
        run.log('info', `${gathered.open} documents that no checkpoint followed were left out; they come again.`)
        gathered.drop()
      }
      return { state, end: fed }
    }
    const { event } = fed
    if (event.type === 'wire') throw foreign()
    if (event.type === 'document') await gathered.add(event.binding, event.document)
    if (event.type === 'checkpoint') {
      state = foldState(state, event.state)
      gathered.checkpoint()
    }
  }
}

/** Its state is kept before it is acknowledged: then the destination may make it so. */
async function* commit(session: Session, state: JsonObject): AsyncGenerator<RunEvent, void, void> {
  const { talk, kept } = session
  yield* keepOwn(kept, yield* loadAndFlush(session))
  const started = yield* storeAndCommit(session, state)
  kept.source = state
  if (started) kept.destination = foldState(kept.destination, started)
  yield checkpoint(kept)
  await talk.tell(ACKNOWLEDGE)
  const answer = yield* talk.next('acknowledging a transaction')
  yield* keepOwn(kept, stateOf(await talk.read(answer, 'acknowledged', stateUpdate)))
}

async function* loadAndFlush({ run, talk, task, gathered }: Session) {
  const told = talk.beside(async function* () {
    const isLoaded = task.bindings.map(({ delta_updates }) => !delta_updates)
    if (isLoaded.includes(true)) {
      for await (const { index, document } of gathered.documents()) {
        const binding = task.bindings[index]
        if (binding && isLoaded[index]) yield loadRequest(index, binding, document)
      }
    }
    yield FLUSH
  })
  try {
    for (;;) {
      const message = yield* talk.next('loading documents')
      if (!('loaded' in message)) {
        const flushed = await talk.read(message, 'flushed', stateUpdate)
        await told.settled()
        return stateOf(flushed)
      }
      const { binding, doc } = await talk.read(message, 'loaded', loaded)
      if (!task.bindings[binding]) throw new UnaskedDocument()
      await gathered.load(binding, doc)
    }
  } catch (error) {
    throw await causeOf(run, told, error)
  }
}

async function* storeAndCommit({ run, talk, task, gathered }: Session, state: JsonObject) {
  const told = talk.beside(async function* () {
    for await (const { index, document, ...how } of gathered.stores()) {
      const binding = task.bindings[index]
      if (binding) yield storeRequest(index, binding, document, how)
    }
    yield startCommitRequest(runtimeCheckpoint(task.name, state))
  })
  try {
    const answer = yield* talk.next('storing documents')
    const started = await talk.read(answer, 'startedCommit', stateUpdate)
    await told.settled()
    return stateOf(started)
  } catch (error) {
    throw await causeOf(run, told, error)
  }
}

/** Keeps an update of the destination's own state, if there is one. */
export function* keepOwn(kept: KeptState, update: StateUpdate | null): Generator<RunEvent, void, void> {
  if (!update) return
  kept.destination = foldState(kept.destination, update)
  yield checkpoint(kept)
}

/** What failed first: making the requests, or hearing the answers. */
async function causeOf(run: FlowRun, told: { settled(): Promise<void> }, error: unknown): Promise<unknown> {
  await run.stop()
  const first = await told.settled().then(
    () => error,
    (cause: unknown) => cause,
  )
  if (!(first instanceof UnaskedDocument)) return first
  return await run.fail('protocol', 'loaded a document of a key that it was not asked for. Mend the connector.')
}

/** Both states, to be kept. */
export function checkpoint(kept: KeptState): RunEvent {
  return { type: 'checkpoint', state: { updated: joinState(kept), merge_patch: false } }
}

function foreign(): ConnectorError {
  return new ConnectorError('not_offered', 'Materializations take documents, not lines of another protocol.')
}
