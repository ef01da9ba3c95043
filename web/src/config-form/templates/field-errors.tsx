import { errorId, type FieldErrorProps } from '@rjsf/utils'

/** What is wrong with the field above it, read out when it appears. */
export function FieldErrorTemplate({ errors = [], fieldPathId }: FieldErrorProps) {
  const [first] = errors
  if (first === undefined) return null
  return (
    <p id={errorId(fieldPathId)} className="field-errors" role="alert">
      {first}
    </p>
  )
}
