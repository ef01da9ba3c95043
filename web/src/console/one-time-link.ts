import { dataOf } from '@sluice/client'
import { sluice } from './console-calls.ts'

let signingIn: Promise<void> | undefined

/**
 * Signs in by the token in the address' fragment, where there is one, and takes it out of the address and the history.
 * Callers at one time share one use of it.
 */
export function signInByLink(): Promise<void> {
  signingIn ??= takeLink().finally(() => {
    signingIn = undefined
  })
  return signingIn
}

async function takeLink(): Promise<void> {
  const link = new URLSearchParams(location.hash.slice(1)).get('link')
  if (link === null) return
  history.replaceState(null, '', '/')
  await dataOf(sluice.POST('/console/session', { body: { link } }))
}
