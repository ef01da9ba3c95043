import type { ReactNode } from 'react'

interface DeadEndProps {
  title: string
  children: ReactNode
  action?: { label: string; act: () => void }
}

/** A link that leads nowhere, in words, with what to do about it. */
export function DeadEnd({ title, children, action }: DeadEndProps) {
  return (
    <div className="dead-end" role="alert">
      <h1>{title}</h1>
      <p>{children}</p>
      {action && (
        <button type="button" className="primary" onClick={action.act}>
          {action.label}
        </button>
      )}
    </div>
  )
}
