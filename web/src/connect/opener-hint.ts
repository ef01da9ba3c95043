// In a popup: tells the page that opened it that there is news. Only a hint, without anything that could be used: the
// other side asks the server. The way to the provider takes the page out of this window, so what is needed is kept in it.
import type { ConnectLink } from '@sluice/client'

interface Opener {
  nonce: string
  origin: string
}

const keyOf = (token: string) => `sluice_opener_${token}`

/** Takes the opener's nonce and origin out of the fragment that the popup was opened with. */
export function rememberOpener(token: string): void {
  const fragment = new URLSearchParams(location.hash.slice(1))
  const nonce = fragment.get('nonce')
  const origin = fragment.get('origin')
  if (nonce === null || origin === null) return
  sessionStorage.setItem(keyOf(token), JSON.stringify({ nonce, origin }))
  history.replaceState(null, '', location.pathname + location.search)
}

/** To the exact origin that the session's creator allowed; browsers deliver it nowhere else. */
export function tellOpener(token: string, { status, allowed_origins }: ConnectLink): void {
  const opener = readOpener(token)
  if (opener === null || !allowed_origins.includes(opener.origin)) return
  window.opener?.postMessage({ type: 'sluice.connect', nonce: opener.nonce, status }, opener.origin)
}

/** Whether a page opened this window to connect in it; it may be closed when that is done. */
export function isPopup(token: string): boolean {
  return readOpener(token) !== null
}

function readOpener(token: string): Opener | null {
  const kept = sessionStorage.getItem(keyOf(token))
  return kept === null ? null : (JSON.parse(kept) as Opener)
}
