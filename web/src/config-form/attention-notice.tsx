import type { Violation } from '@sluice/client'
import { type RefObject, useEffect, useState } from 'react'
import { Notice } from '../page/notice.tsx'
import { violationSentence } from './explain-violation.ts'

interface AttentionNoticeProps {
  element: RefObject<HTMLDivElement | null>
  /** Counts the refused attempts to submit. */
  attempt: number
  violations: readonly Violation[]
}

/** Above the button: how many fields need attention, and what concerns no field that is shown. */
export function AttentionNotice({ element, attempt, violations }: AttentionNoticeProps) {
  const [fields, setFields] = useState(0)
  // The fields themselves know which of them are shown and wrong; they have rendered when effects run.
  useEffect(() => setFields(element.current?.querySelectorAll('.field-errors').length ?? 0))
  const elsewhere = violations.filter(({ pointer }) => pointer === '')

  if (elsewhere.length > 0) {
    return <Notice tone="bad">{elsewhere.map(({ message }) => violationSentence(message)).join(' ')}</Notice>
  }
  if ((attempt === 0 && violations.length === 0) || fields === 0) return null
  return <Notice tone="bad">{fields === 1 ? 'One field needs' : `${fields} fields need`} your attention above.</Notice>
}
