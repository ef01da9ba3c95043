import { getInputProps, type WidgetProps } from '@rjsf/utils'
import { describedBy } from './described-by.ts'

/** One line of text. Numbers are text too, so that what cannot be read as a number is kept and named as wrong. */
export function BaseInputTemplate(props: WidgetProps) {
  const {
    id,
    schema,
    options,
    value,
    placeholder,
    required,
    disabled,
    readonly,
    rawErrors,
    onChange,
    onBlur,
    onFocus,
  } = props
  const type = props.type ?? getInputProps(schema, undefined, options).type
  const isNumber = schema.type === 'number' || schema.type === 'integer'
  return (
    <input
      id={id}
      name={id}
      type={isNumber || type === 'datetime-local' ? 'text' : type}
      inputMode={isNumber ? (schema.type === 'integer' ? 'numeric' : 'decimal') : undefined}
      value={value ?? ''}
      placeholder={placeholder || exampleOf(schema.examples)}
      aria-required={required}
      disabled={disabled}
      readOnly={readonly}
      autoComplete="off"
      spellCheck={false}
      {...describedBy(id, schema.description, rawErrors)}
      onChange={({ target }) => onChange(target.value === '' ? options.emptyValue : target.value)}
      onBlur={({ target }) => onBlur(id, target.value)}
      onFocus={({ target }) => onFocus(id, target.value)}
    />
  )
}

function exampleOf(examples: unknown): string | undefined {
  const first: unknown = Array.isArray(examples) ? examples[0] : undefined
  return typeof first === 'string' || typeof first === 'number' ? `${first}` : undefined
}
