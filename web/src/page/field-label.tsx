interface FieldLabelProps {
  htmlFor: string
  text: string
  required: boolean
}

/** A control's label. That a value is optional stands beside it, not in it: it is no part of the control's name. */
export function FieldLabel({ htmlFor, text, required }: FieldLabelProps) {
  return (
    <div className="label-row">
      <label htmlFor={htmlFor}>{text}</label>
      {!required && <OptionalMark />}
    </div>
  )
}

export function OptionalMark() {
  return (
    <span className="optional" aria-hidden="true">
      Optional
    </span>
  )
}
