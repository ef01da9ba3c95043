import { type ConnectorTask, type FlowSource, readCollection } from '@sluice/connector-specs'
import type { Protocol, ValidateBinding } from '@sluice/launcher'

/** A destination's enabled bindings, with the collections that feed them as the flow.yaml declares them. */
export function destinationBindings(source: FlowSource, task: ConnectorTask, protocol: Protocol): ValidateBinding[] {
  return task.bindings
    .filter(({ disable }) => !disable)
    .map(({ resource, target, fields }): ValidateBinding => {
      const declared = readCollection(source, target) ?? { schema: { type: 'object' }, key: [] }
      const binding = {
        collection: { name: target, ...declared },
        resource_config: resource,
        ...(fields && { fields }),
      }
      return { ...binding, resource_config: { ...protocol.resourceFor?.(binding), ...resource } }
    })
}
