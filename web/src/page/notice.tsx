import type { ReactNode } from 'react'

interface NoticeProps {
  tone: 'good' | 'bad' | 'plain'
  title?: string
  children?: ReactNode
}

/** Something that the person should know now; what went wrong is read out. */
export function Notice({ tone, title, children }: NoticeProps) {
  return (
    <div className={`notice ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      {title && <strong>{title}</strong>}
      {children && <div>{children}</div>}
    </div>
  )
}
