import { type InputHTMLAttributes, useId } from 'react'
import { FieldLabel } from '../page/field-label.tsx'

interface TextFieldProps extends InputHTMLAttributes<HTMLInputElement> {
  name: string
  label: string
  description?: string
  error?: string | undefined
}

/** A labelled input of the console's own forms, looking like those of the generated ones. */
export function TextField({ label, description, error, ...input }: TextFieldProps) {
  const id = useId()
  const ids = [...(description ? [`${id}-description`] : []), ...(error ? [`${id}-error`] : [])]
  return (
    <div className="field">
      <FieldLabel htmlFor={id} text={label} required={input.required ?? false} />
      {description && (
        <p id={`${id}-description`} className="description">
          {description}
        </p>
      )}
      <input
        id={id}
        type="text"
        spellCheck={false}
        {...(ids.length > 0 && { 'aria-describedby': ids.join(' ') })}
        {...(error && { 'aria-invalid': true })}
        {...input}
      />
      {error && (
        <p id={`${id}-error`} className="field-errors" role="alert">
          {error}
        </p>
      )}
    </div>
  )
}
