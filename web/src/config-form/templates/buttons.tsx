import type { IconButtonProps } from '@rjsf/utils'

export function AddButton({ id, className, disabled, onClick }: IconButtonProps) {
  return (
    <button type="button" id={id} className={`quiet small ${className ?? ''}`} disabled={disabled} onClick={onClick}>
      + Add
    </button>
  )
}

export function RemoveButton({ id, className, disabled, onClick, title }: IconButtonProps) {
  return (
    <button
      type="button"
      id={id}
      className={`quiet small ${className ?? ''}`}
      disabled={disabled}
      onClick={onClick}
      aria-label={title ?? 'Remove'}
    >
      Remove
    </button>
  )
}
