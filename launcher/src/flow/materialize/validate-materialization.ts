import { ConnectorError } from '../../connector-error.ts'
import type { Teller } from '../../events/teller.ts'
import type { Launch } from '../../launch.ts'
import type { ValidateBinding, ValidateRequest } from '../../protocol/requests.ts'
import { askOnce } from '../unary.ts'
import { type SelectedBinding, validateRequest } from './requests.ts'
import { type Constraint, validated } from './responses.ts'
import { selectFields } from './select-fields.ts'
import { showUnsuitable } from './show-unsuitable.ts'

/**
 * Has a destination try config and bindings, and selects the fields that satisfy it.
 *
 * @throws ConnectorError; `unsuitable` when there is no such selection
 */
export async function validateMaterialization(
  launch: Launch,
  request: ValidateRequest,
  teller?: Teller,
): Promise<SelectedBinding[]> {
  const { bindings } = await askOnce(launch, validateRequest(request), 'validated', validated, teller)
  if (bindings.length !== request.bindings.length) {
    const counts = `${bindings.length} bindings where ${request.bindings.length} were asked for`
    throw new ConnectorError('protocol', `The connector validated ${counts}. Mend the connector.`)
  }
  const places = new Map<string, string>()
  return request.bindings.flatMap((binding, index) => {
    const answer = bindings[index]
    if (!answer) return []
    const { resourcePath, constraints, deltaUpdates, serPolicy = null } = answer
    const { name } = binding.collection
    const other = places.get(JSON.stringify(resourcePath))
    if (other !== undefined) {
      const what = `The collections ${other} and ${name} would be stored at the same place, ${resourcePath.join('.')}.`
      throw showUnsuitable(new ConnectorError('unsuitable', `${what} Give each a resource of its own.`), launch)
    }
    places.set(JSON.stringify(resourcePath), name)
    return [
      {
        ...binding,
        resource_path: resourcePath,
        delta_updates: deltaUpdates,
        selection: select(launch, binding, constraints),
        ser_policy: serPolicy,
      },
    ]
  })
}

function select(launch: Launch, binding: ValidateBinding, constraints: Readonly<Record<string, Constraint>>) {
  try {
    return selectFields(binding, constraints)
  } catch (error) {
    throw showUnsuitable(error, launch)
  }
}
