import { type CaptureRequest, type PipeSource, pipe } from '@sluice/launcher'
import type { Services } from '../services.ts'
import { followCheckpoints } from './commit-checkpoint.ts'
import type { RunWork } from './execute-run.ts'
import type { ConnectedLaunch } from './launch-connection.ts'
import { boundedReading, tellStream } from './read-documents.ts'

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
    // A destination is fed to the bound itself: what it was given it may have stored.
    request: {
      ...given,
      state: checkpoints.state,
      ...reading.request,
      ...(maximum !== null && { max_documents: maximum }),
    },
    onDocuments: checkpoints.count,
  }
  const into = {
    protocol: withOwnResources(target),
    launch: target.launch,
    name: target.connector.task.name,
    config: await target.config(),
    dry_run,
  }
  for await (const event of pipe(from, into)) {
    if (event.type === 'progress') tellStream(work, collections[event.binding] ?? '', event.status)
    if (event.type === 'checkpoint') await checkpoints.commit(event.state, { outcome_changed: false })
  }
  await checkpoints.commit(null, { outcome_changed: false })
}

/** What the target's own file says of a collection goes before what is derived of it. */
function withOwnResources({ protocol, connector }: ConnectedLaunch): ConnectedLaunch['protocol'] {
  const declared = new Map(connector.task.bindings.map(({ target, resource }) => [target, resource]))
  return {
    ...protocol,
    resourceFor: (binding) =>
      declared.get(binding.collection.name) ?? protocol.resourceFor?.(binding) ?? binding.resource_config,
  }
}
