import type { ConnectorTask } from '@sluice/connector-specs'
import { type CaptureRequest, type PipeDestination, type PipeSource, pipe } from '@sluice/launcher'
import type { Services } from '../services.ts'
import { followCheckpoints } from './commit-checkpoint.ts'
import type { RunWork } from './execute-run.ts'
import type { ConnectedLaunch } from './launch-connection.ts'
import { boundedReading, tellStream } from './read-documents.ts'
import { bindingSetOf } from './run-request.ts'

/** Pipes the source into the target as fast as it takes; a checkpoint counts once the target has stored all before it. */
export async function writeDocuments(
  services: Services,
  work: RunWork,
  { source, target }: { source: ConnectedLaunch; target: ConnectedLaunch },
  given: CaptureRequest,
): Promise<void> {
  const checkpoints = await followCheckpoints(services, work)
  const { max_documents: maximum, dry_run } = work.request
  const collections = given.bindings.map(({ collection }) => collection.name)
  const reading = boundedReading(services, work, source.protocol.name)
  const from: PipeSource = {
    protocol: source.protocol,
    launch: { ...source.launch, ...reading.launch },
    // A destination is fed to the bound itself: what it was given it may have stored. One that stores in transactions is
    // fed to the checkpoint that follows.
    request: {
      ...given,
      state: checkpoints.state,
      ...reading.request,
      ...(maximum !== null && { max_documents: maximum }),
    },
    onDocuments: checkpoints.count,
  }
  const into: PipeDestination = {
    protocol: target.protocol,
    launch: target.launch,
    name: taskName(target, work),
    config: await target.config(),
    dry_run,
    declared: (collection) => declaredBinding(target.connector.task, collection),
  }
  for await (const event of pipe(from, into)) {
    if (event.type === 'progress') tellStream(work, collections[event.binding] ?? '', event.status)
    if (event.type === 'checkpoint') await checkpoints.commit(event.state, { outcome_changed: false })
  }
  await checkpoints.commit(null, { outcome_changed: false })
}

/** A destination that keeps checkpoints keeps one for each name: those of other sources and bindings are not its own. */
function taskName({ connector }: ConnectedLaunch, { held, request }: RunWork): string {
  return [connector.task.name, held.run.connection_id, bindingSetOf(request.bindings, null)].join('/')
}

/** The binding of a collection, and the collection itself, as the target's own file has them. */
function declaredBinding(
  { bindings, collections = {} }: ConnectorTask,
  name: string,
): ReturnType<NonNullable<PipeDestination['declared']>> {
  const binding = bindings.find(({ target }) => target === name)
  if (!binding) return undefined
  const { resource, fields } = binding
  const collection = Object.hasOwn(collections, name) ? collections[name] : undefined
  return {
    resource_config: resource,
    ...(fields && { fields }),
    ...(collection && { collection: { name, ...collection } }),
  }
}
