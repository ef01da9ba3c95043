/** Errors that were foreseen have a code and a sentence with the next action; of the others the stack is the message. */
export function explainFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const foreseen = 'code' in error && typeof error.code === 'string' && /^[a-z_]+$/.test(error.code)
  const place = 'place' in error && typeof error.place === 'string' ? `${error.place}: ` : ''
  return foreseen ? `Sluice cannot start: ${place}${error.message}` : `Sluice cannot start.\n${error.stack}`
}
