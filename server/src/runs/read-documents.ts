import { type CaptureRequest, offered } from '@sluice/launcher'
import type { Services } from '../services.ts'
import { followCheckpoints } from './commit-checkpoint.ts'
import { openDocumentFile } from './document-file.ts'
import { type DocumentSink, dropDocuments } from './document-sink.ts'
import type { RunWork } from './execute-run.ts'
import { keepDocuments } from './kept-documents.ts'
import type { ConnectedLaunch } from './launch-connection.ts'

const SAMPLE_DOCUMENTS = 100
/** How many more documents than are wanted may be read while a checkpoint, or another collection's first ones, are awaited. */
const READ_FACTOR = 20
const READ_AT_LEAST = 10_000

/**
 * Reads the source into the run's sample or file. What came after the last checkpoint does not count, but where no state
 * is kept and the reading ended well: then it is a look at the data.
 */
export async function readDocuments(
  services: Services,
  work: RunWork,
  { protocol, launch }: ConnectedLaunch,
  given: CaptureRequest,
): Promise<void> {
  const checkpoints = await followCheckpoints(services, work)
  const collections = given.bindings.map(({ collection }) => collection.name)
  const sink = await openSink(services, work, collections, checkpoints.keeps)
  try {
    const reading = boundedReading(services, work, protocol.name)
    const request: CaptureRequest = { ...given, state: checkpoints.state, ...reading.request }
    for await (const event of offered(protocol, 'read')({ ...launch, ...reading.launch }, request)) {
      if (event.type === 'document') {
        checkpoints.count(1)
        await sink.add(collections[event.binding] ?? '', event.document)
      }
      if (event.type === 'progress') tellStream(work, collections[event.binding] ?? '', event.status)
      if (event.type === 'checkpoint') await checkpoints.commit(event.state, await sink.commit())
      const mayEnd = event.type === 'checkpoint' || (!checkpoints.keeps && event.type === 'document')
      if (mayEnd && sink.isComplete()) break
    }
    if (!checkpoints.keeps) await checkpoints.commit(null, await sink.commit())
  } finally {
    await sink.close()
  }
}

export function tellStream(work: RunWork, collection: string, status: string): void {
  work.teller.tell({ type: 'stream', data: { collection, status } })
}

/**
 * Flow's captures never end by themselves, so they are over when they say nothing for a while with everything
 * committed. The others are read to their end.
 */
export function boundedReading(services: Services, { held, request }: RunWork, protocol: string) {
  const { max_documents: maximum, dry_run } = request
  const bound = maximum === null ? Number.MAX_SAFE_INTEGER : Math.max(READ_AT_LEAST, maximum * READ_FACTOR)
  const isFlow = protocol === 'flow'
  const isPreview = held.run.operation === 'preview'
  return {
    request: {
      ...((isFlow || isPreview || maximum !== null) && {
        max_documents: dry_run && maximum !== null ? maximum : bound,
      }),
    },
    launch: { limits: isFlow ? { idle_ms: services.runs.limits.idle_ms } : {} },
  }
}

async function openSink(
  services: Services,
  { held: { run }, request, outcome }: RunWork,
  collections: string[],
  keeps: boolean,
): Promise<DocumentSink> {
  const { max_documents } = request
  if (request.dry_run || request.documents === 'none') return dropDocuments
  if (request.documents === 'file') {
    const committed = Number(run.document_bytes ?? 0)
    return openDocumentFile(services.runs.limits.documents_directory, run.id, {
      committed,
      maximum: max_documents,
      counted: run.document_count,
    })
  }
  return keepDocuments(outcome, { collections, maximum: max_documents ?? SAMPLE_DOCUMENTS, whole: keeps })
}
