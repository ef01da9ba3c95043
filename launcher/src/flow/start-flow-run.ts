import { isJsonObject, type JsonObject } from '@sluice/connector-specs'
import { harvestConfig } from '../harvest-config.ts'
import type { Launch } from '../launch.ts'
import { type Run, type RunOptions, startRun } from '../run.ts'
import { readStderrLine, type StderrEntry } from '../stderr-log.ts'
import { codecOf, type FlowCodec } from './codec/codec.ts'
import { type EncryptionEndpoint, startEncryptionEndpoint } from './encryption-endpoint.ts'

/** A run with what its messages are written in. */
export interface FlowRun extends Run {
  codec: FlowCodec
}

/**
 * Starts a connector of Flow's. Given a config, it has an address of ours to encrypt what it rotates of it.
 *
 * @param config as the request that follows holds it; null when it holds none
 */
export async function startFlowRun(
  launch: Launch,
  config: JsonObject | null,
  options: RunOptions = {},
): Promise<FlowRun> {
  const codec = await codecOf(launch)
  // Connectors built on Flow's Go library speak protobuf unless they are told otherwise.
  const spoken = { ...options, framing: codec.framing, env: { FLOW_RUNTIME_CODEC: codec.name } }
  if (!config) return speaking(codec, await startRun(launch, spoken))
  const endpoint = await startEncryptionEndpoint()
  try {
    const run = await startRun(launch, {
      ...spoken,
      env: { ...spoken.env, ENCRYPTION_URL: endpoint.url },
      own_ports: [endpoint.port],
      readStderrLine: (line) => opened(readStderrLine(line), endpoint, launch, config),
    })
    return {
      ...speaking(codec, run),
      async stop() {
        await run.stop()
        endpoint.close()
      },
    }
  } catch (error) {
    endpoint.close()
    throw error
  }
}

function speaking(codec: FlowCodec, run: Run): FlowRun {
  return { ...run, codec, send: (request) => void run.write(codec.encode(request)) }
}

/** A rotated config as it may be kept, whether it was sealed by the endpoint or stands there in plain. */
function opened(entry: StderrEntry, endpoint: EncryptionEndpoint, launch: Launch, config: JsonObject): StderrEntry {
  if (entry.kind !== 'config_update') return entry
  if (isJsonObject(entry.config.sops)) {
    const reason = 'a config update that was encrypted elsewhere was withheld; leave ENCRYPTION_URL to the launcher'
    return { kind: 'withheld', reason }
  }
  const rotated = endpoint.open(entry.config) ?? entry.config
  if ('sluice_sealed' in rotated) return { kind: 'withheld', reason: 'a config update of another run was withheld' }
  const { config_schema, mapped = [], secrets } = launch
  if (!config_schema) return { kind: 'config_update', config: rotated }
  const harvest = harvestConfig(config, rotated, { config_schema, mapped, secrets })
  if (harvest.taken.length > 0) return { kind: 'config_update', config: harvest.config }
  return { kind: 'withheld', reason: 'a config update that rotated nothing was left out' }
}
