import { isJsonObject, type JsonObject } from '@sluice/connector-specs'
import { harvestConfig } from '../harvest-config.ts'
import type { Launch } from '../launch.ts'
import { type Run, type RunOptions, startRun } from '../run.ts'
import { readStderrLine, type StderrEntry } from '../stderr-log.ts'
import { type EncryptionEndpoint, startEncryptionEndpoint } from './encryption-endpoint.ts'

/** Connectors built on Flow's Go library speak protobuf unless they are told so. */
const CODEC = { FLOW_RUNTIME_CODEC: 'json' }

/**
 * Starts a connector of Flow's. Given a config, it has an address of ours to encrypt what it rotates of it.
 *
 * @param config as the request that follows holds it; null when it holds none
 */
export async function startFlowRun(launch: Launch, config: JsonObject | null, options: RunOptions = {}): Promise<Run> {
  if (!config) return await startRun(launch, { ...options, env: CODEC })
  const endpoint = await startEncryptionEndpoint()
  try {
    const run = await startRun(launch, {
      ...options,
      env: { ...CODEC, ENCRYPTION_URL: endpoint.url },
      readStderrLine: (line) => opened(readStderrLine(line), endpoint, launch, config),
    })
    return {
      ...run,
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
