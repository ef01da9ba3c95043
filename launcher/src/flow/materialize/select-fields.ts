// Which fields of a collection a destination gets: what it requires, what it can take, and what the binding says of it.
import type { JsonObject } from '@sluice/connector-specs'
import { ConnectorError } from '../../connector-error.ts'
import type { ValidateBinding } from '../../protocol/requests.ts'
import { depthOf, type Projection, projectionsOf } from './projections.ts'
import type { FieldSelection } from './requests.ts'
import type { Constraint } from './responses.ts'

/** Fields of the document's own properties are selected by themselves; deeper ones when they are asked for. */
const RECOMMENDED_DEPTH = 1

/**
 * The selection that satisfies the destination's constraints.
 *
 * @throws ConnectorError `unsuitable` naming collection and field: one that it must have and cannot take, or that there is not
 */
export function selectFields(
  binding: ValidateBinding,
  constraints: Readonly<Record<string, Constraint>>,
): FieldSelection {
  const { collection, fields = {} } = binding
  const projections = projectionsOf(collection)
  const unsuitable = (what: string) =>
    new ConnectorError('unsuitable', `The destination cannot take the collection ${collection.name}: ${what}`)
  if (collection.key.length === 0) {
    throw unsuitable('it has no key. Declare one under `collections` of the destination’s flow.yaml.')
  }
  const required = fields.require ?? {}
  const excluded = new Set(fields.exclude ?? [])
  for (const field of [...Object.keys(required), ...excluded]) {
    if (!projections.some((projection) => projection.field === field)) {
      throw unsuitable(`it has no field ${field}, which the binding names. Mend the binding’s \`fields\`.`)
    }
  }
  for (const [field, { type, reason }] of Object.entries(constraints)) {
    if (type !== 'FIELD_REQUIRED') continue
    if (excluded.has(field)) throw unsuitable(`the field ${field} must not be left out. ${reason}`.trimEnd())
    if (projections.some((projection) => projection.field === field)) continue
    throw unsuitable(`it has no field ${field}, which must be there. ${reason}`.trimEnd())
  }

  const depth = depthFor(fields.recommended ?? true)
  const folds = new Set<string>()
  const selected = new Set<string>()
  const take = (projection: Projection, isNeeded: boolean): boolean => {
    const { type, reason, foldedField } = constraints[projection.field] ?? MISSING
    if (excluded.has(projection.field) && !isNeeded) return false
    const refusal = REFUSED[type]
    if (refusal !== undefined) {
      // What it could take but for what is stored already would be lost without a word.
      if (!isNeeded && type !== 'INCOMPATIBLE' && type !== 'UNSATISFIABLE') return false
      throw unsuitable(`the field ${projection.field} ${refusal}. ${reason}`.trimEnd())
    }
    if (folds.has(foldedField)) {
      if (!isNeeded) return false
      throw unsuitable(`another field is called ${foldedField} there, as ${projection.field} would be.`)
    }
    if (foldedField !== '') folds.add(foldedField)
    selected.add(projection.field)
    return true
  }

  const keys = collection.key.flatMap((pointer) => projections.filter((projection) => projection.pointer === pointer))
  for (const projection of keys) take(projection, true)
  const isNeeded = ({ field }: Projection) =>
    Object.hasOwn(required, field) || ['FIELD_REQUIRED', 'LOCATION_REQUIRED'].includes(constraints[field]?.type ?? '')
  const rest = projections.filter(({ is_key }) => !is_key)
  for (const projection of rest.filter(isNeeded)) take(projection, true)
  for (const projection of rest) {
    if (depthOf(projection.pointer) <= depth && !isNeeded(projection)) take(projection, false)
  }
  const others = rest.filter(({ field }) => selected.has(field))
  return {
    keys,
    values: others.filter(({ pointer }) => pointer !== ''),
    document: others.find(({ pointer }) => pointer === '') ?? null,
    field_config: configOf(required, selected),
  }
}

function depthFor(recommended: boolean | number): number {
  if (typeof recommended === 'number') return recommended
  return recommended ? RECOMMENDED_DEPTH : -1
}

/** Fields of which it says nothing are forbidden. */
const MISSING: Constraint = { type: 'FIELD_FORBIDDEN', reason: '', foldedField: '' }

const REFUSED: Partial<Record<Constraint['type'], string>> = {
  INVALID: 'is none that it knows of',
  FIELD_FORBIDDEN: 'is none that it takes',
  INCOMPATIBLE: 'does not fit what it has stored already; exclude it, or give the binding another place',
  UNSATISFIABLE: 'does not fit what it has stored already; exclude it, or give the binding another place',
}

function configOf(required: JsonObject, selected: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(required).filter(([field]) => selected.has(field)))
}
