import type { UnsupportedFieldProps } from '@rjsf/utils'

export function UnsupportedFieldTemplate({ fieldPathId }: UnsupportedFieldProps) {
  return (
    <p className="description">
      {String(fieldPathId.path.at(-1) ?? 'This setting')} cannot be filled in here: its schema names no type.
    </p>
  )
}
