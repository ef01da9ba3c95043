import type { ReactNode } from 'react'
import { Notice } from '../page/notice.tsx'
import type { Loaded } from '../page/use-load.ts'

/** What was loaded, or that it is on its way, or why it is not there. */
export function LoadedView<T>({ of, children }: { of: Loaded<T>; children: (data: T) => ReactNode }) {
  if (of.status === 'loading') return <p className="loading">Loading …</p>
  if (of.status === 'ready') return children(of.data)
  return (
    <Notice tone="bad">
      <p>{of.error.message}</p>
      <button type="button" className="quiet small" onClick={of.reload}>
        Try again
      </button>
    </Notice>
  )
}
