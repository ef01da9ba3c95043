import type { ConnectorTask } from '@sluice/connector-specs'
import type { Launch } from './launch.ts'

/** How a task's connector is started. Its secrets, and who hears of its logs, are the caller's to add. */
export function launchTask(task: ConnectorTask): Omit<Launch, 'secrets'> {
  return {
    name: task.name,
    command: task.command,
    ...(task.image !== undefined && { image: task.image, replaces_entrypoint: task.command.length > 0 }),
    cwd: task.cwd,
    env: task.env,
    sample_config: task.sample_config ?? task.config,
    ...(task.hosts && { hosts: task.hosts }),
    ...(task.destination && { destination: true }),
    ...(task.protobuf && { protobuf: true }),
    ...(task.manifest && { manifest: task.manifest }),
    ...(task.catalog_argument && { catalog_argument: task.catalog_argument }),
    ...(task.variables_schema && { variables_schema: task.variables_schema }),
    ...(task.secrets_in_arguments && { secrets_in_arguments: true }),
  }
}
