import type { WidgetProps } from '@rjsf/utils'
import { useState } from 'react'
import { MASK } from '../violations.ts'
import { BaseInputTemplate } from './input.tsx'

/** A secret: hidden until revealed. A stored one is never sent here, so there is nothing to reveal until it is replaced. */
export function SecretWidget(props: WidgetProps) {
  const [revealed, setRevealed] = useState(false)
  const isStored = props.value === MASK
  return (
    <div className="secret">
      <BaseInputTemplate {...props} type={revealed && !isStored ? 'text' : 'password'} />
      <button
        type="button"
        className="quiet small"
        aria-controls={props.id}
        aria-pressed={revealed}
        aria-label={`${revealed ? 'Hide' : 'Show'} ${props.label}`}
        disabled={props.disabled || isStored}
        onClick={() => setRevealed(!revealed)}
      >
        {revealed ? 'Hide' : 'Show'}
      </button>
    </div>
  )
}
