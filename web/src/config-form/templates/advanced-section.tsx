import type { ErrorSchema } from '@rjsf/utils'
import { type ReactNode, useState } from 'react'

interface AdvancedSectionProps {
  title: string
  errorSchema?: ErrorSchema | undefined
  /** The properties inside, where the section holds only some of its object's. */
  names?: string[]
  children: ReactNode
}

/** Settings that most people leave alone. Opens by itself when something inside is wrong. */
export function AdvancedSection({ title, errorSchema = {}, names, children }: AdvancedSectionProps) {
  const [open, setOpen] = useState(false)
  const wrong = (names ?? Object.keys(errorSchema)).some((name) => {
    const errors: unknown = (errorSchema as Record<string, unknown>)[name]
    return typeof errors === 'object' && errors !== null && Object.keys(errors).length > 0
  })
  return (
    <details className="advanced" open={open || wrong} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{title}</summary>
      <div className="fields">{children}</div>
    </details>
  )
}
