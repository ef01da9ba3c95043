import type { WidgetProps } from '@rjsf/utils'
import { labelOf } from '../label-of.ts'
import { describedBy } from './described-by.ts'

export function CheckboxWidget({ id, schema, label, value, disabled, readonly, rawErrors, onChange }: WidgetProps) {
  return (
    <label className="check" htmlFor={id}>
      <input
        id={id}
        name={id}
        type="checkbox"
        checked={value === true}
        disabled={disabled || readonly}
        {...describedBy(id, schema.description, rawErrors)}
        onChange={({ target }) => onChange(target.checked)}
      />
      <span>{labelOf(schema, label)}</span>
    </label>
  )
}
