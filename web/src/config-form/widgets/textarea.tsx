import type { WidgetProps } from '@rjsf/utils'
import { describedBy } from './described-by.ts'

/** Several lines. A secret of several lines (a private key) is blurred while it is not being edited. */
export function TextareaWidget(props: WidgetProps) {
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
  return (
    <textarea
      id={id}
      name={id}
      className={options.secret ? 'secret-text' : undefined}
      rows={5}
      value={value ?? ''}
      placeholder={placeholder}
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
