import { useId } from 'react'
import { FieldLabel } from '../page/field-label.tsx'

interface SelectFieldProps {
  name: string
  label: string
  value: string
  options: { value: string; label: string }[]
  onChange: (value: string) => void
}

export function SelectField({ name, label, value, options, onChange }: SelectFieldProps) {
  const id = useId()
  return (
    <div className="field">
      <FieldLabel htmlFor={id} text={label} required />
      <select id={id} name={name} value={value} onChange={({ target }) => onChange(target.value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </div>
  )
}
