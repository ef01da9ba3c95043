import { descriptionId, errorId } from '@rjsf/utils'

/** ARIA attributes that tie a control to its description and its error; ids of what is not shown are left out. */
export function describedBy(id: string, description: string | undefined, errors: string[] = []) {
  const ids = [...(description ? [descriptionId(id)] : []), ...(errors.length > 0 ? [errorId(id)] : [])]
  return {
    ...(ids.length > 0 && { 'aria-describedby': ids.join(' ') }),
    ...(errors.length > 0 && { 'aria-invalid': true }),
  }
}
