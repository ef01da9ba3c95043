import { deepEquals, type EnumOptionsType, type WidgetProps } from '@rjsf/utils'
import { labelOf } from '../label-of.ts'
import { describedBy } from './described-by.ts'

/** One of several values as a dropdown, with the chosen one explained below; several of several as checkboxes. */
export function SelectWidget(props: WidgetProps) {
  const { id, schema, options, value, label, hideLabel, required, disabled, readonly, multiple, rawErrors } = props
  const choices = options.enumOptions ?? []
  if (multiple || Array.isArray(value)) return <Checkboxes {...props} choices={choices} />

  const chosen = choices.findIndex((choice) => deepEquals(choice.value, value))
  const explanation = choices[chosen]?.schema?.description
  return (
    <>
      <select
        id={id}
        name={id}
        value={chosen === -1 ? '' : String(chosen)}
        aria-label={hideLabel ? labelOf(schema, label) : undefined}
        aria-required={required}
        disabled={disabled || readonly}
        {...describedBy(id, schema.description, rawErrors)}
        onChange={({ target }) =>
          props.onChange(target.value === '' ? options.emptyValue : choices[Number(target.value)]?.value)
        }
        onBlur={() => props.onBlur(id, value)}
        onFocus={() => props.onFocus(id, value)}
      >
        {(chosen === -1 || !required) && !hideLabel && <option value="">Choose …</option>}
        {choices.map((choice, index) => (
          <option key={choice.label} value={index}>
            {choice.label}
          </option>
        ))}
      </select>
      {explanation && <p className="description chosen">{explanation}</p>}
    </>
  )
}

function Checkboxes({
  id,
  label,
  value,
  disabled,
  readonly,
  choices,
  onChange,
}: WidgetProps & { choices: EnumOptionsType[] }) {
  const chosen: unknown[] = Array.isArray(value) ? value : []
  return (
    <fieldset className="checks" aria-label={label}>
      {choices.map((choice, index) => (
        <label key={choice.label} className="check">
          <input
            id={`${id}-${index}`}
            type="checkbox"
            checked={chosen.some((one) => deepEquals(one, choice.value))}
            disabled={disabled || readonly}
            onChange={({ target }) =>
              onChange(
                choices
                  .filter((one) =>
                    one === choice ? target.checked : chosen.some((other) => deepEquals(other, one.value)),
                  )
                  .map((one) => one.value),
              )
            }
          />
          <span>{choice.label}</span>
        </label>
      ))}
    </fieldset>
  )
}
