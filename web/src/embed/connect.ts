// Served as /connect.js for pages that connect their users: opens the connect link in a popup, and follows the session
// until it ends. What a popup reports, or that it seems to be closed, is a hint; the server's status is the truth.

/** Of what `POST /v1/connect_sessions` answered, the part that a browser needs; never an API key. */
export interface ConnectSession {
  url: string
  status_url: string
}

export interface ConnectStatus {
  id: string
  status: 'open' | 'completed' | 'cancelled' | 'expired'
  /** Once it is completed. */
  connection_id: string | null
  /** Why the last attempt failed; the person may be trying again. */
  error: { code: string; message: string } | null
  version: number
  expires_at: string
}

export interface ConnectOptions {
  /** `redirect` leaves this page, and comes back to the session's `return_to`. */
  mode?: 'popup' | 'redirect'
  /** Ends the waiting, not the session. */
  signal?: AbortSignal
  onStatus?: (status: ConnectStatus) => void
  /** The popup seems to be closed. Some providers' pages make it seem so while the person is still there. */
  onPopupClosed?: () => void
}

const FEATURES = 'popup,width=520,height=760'
const WAIT_SECONDS = 25
const RETRY_MS = [1000, 2000, 4000, 8000]

/**
 * Lets the person connect, and settles when the session has ended. Call it from a click, and give it a function or a
 * promise where the session must be fetched first: the popup is opened at once, because browsers allow it only then.
 * Where they do not allow it at all, the person goes there by redirect.
 */
export async function connect(
  session: ConnectSession | Promise<ConnectSession> | (() => Promise<ConnectSession>),
  options: ConnectOptions = {},
): Promise<ConnectStatus> {
  const popup = options.mode === 'redirect' ? null : window.open('', '_blank', FEATURES)
  try {
    const { url, status_url } = await (typeof session === 'function' ? session() : session)
    if (popup === null) return await leaveFor(url)

    const nonce = randomNonce()
    const fragment = new URLSearchParams({ nonce, origin: location.origin })
    popup.location.replace(`${url}#${fragment}`)
    return await followPopup(popup, { origin: new URL(url).origin, nonce, status_url }, options)
  } catch (error) {
    popup?.close()
    throw error
  }
}

/** Follows a session that the person uses elsewhere: by a link, a QR code or a code on another device. */
export async function follow({ status_url }: Pick<ConnectSession, 'status_url'>, options: ConnectOptions = {}) {
  return poll(status_url, options, new EventTarget())
}

interface OpenedPopup {
  origin: string
  nonce: string
  status_url: string
}

async function followPopup(popup: Window, opened: OpenedPopup, options: ConnectOptions): Promise<ConnectStatus> {
  const hints = new EventTarget()
  const onMessage = (event: MessageEvent) => {
    // Any page can post a message here: only ours knows the nonce, and even it is only asked to look again.
    if (event.origin !== opened.origin || event.data?.type !== 'sluice.connect') return
    if (event.data.nonce === opened.nonce) hints.dispatchEvent(new Event('hint'))
  }
  addEventListener('message', onMessage)
  const watch = setInterval(() => {
    if (!popup.closed) return
    clearInterval(watch)
    hints.dispatchEvent(new Event('hint'))
    options.onPopupClosed?.()
  }, 500)
  try {
    return await poll(opened.status_url, options, hints)
  } finally {
    clearInterval(watch)
    removeEventListener('message', onMessage)
  }
}

/** Long polls until the session ends; a hint makes it look at once. */
async function poll(
  statusUrl: string,
  { signal, onStatus }: ConnectOptions,
  hints: EventTarget,
): Promise<ConnectStatus> {
  let known: ConnectStatus | undefined
  let hinted = false
  let failures = 0
  for (;;) {
    signal?.throwIfAborted()
    const look = new AbortController()
    const lookNow = () => {
      hinted = true
      look.abort()
    }
    hints.addEventListener('hint', lookNow, { once: true })
    const wait = hinted || known === undefined ? '' : `?wait=${WAIT_SECONDS}&version=${known.version}`
    hinted = false
    const status = await readStatus(statusUrl + wait, signal ? AbortSignal.any([signal, look.signal]) : look.signal)
    hints.removeEventListener('hint', lookNow)
    signal?.throwIfAborted()
    if (status === null) {
      if (!hinted) await pause(RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)] ?? 0)
      continue
    }
    failures = 0
    if (status.version !== known?.version || status.status !== known.status) onStatus?.(status)
    known = status
    if (status.status !== 'open') return status
  }
}

/** Null when it is worth asking again. @throws Error when it is not */
async function readStatus(url: string, signal: AbortSignal): Promise<ConnectStatus | null> {
  try {
    const response = await fetch(url, { signal, cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer' })
    if (response.ok) return await response.json()
    if (response.status !== 404) return null
  } catch {
    return null
  }
  throw new Error('The connect session is not known there. Create a new one.')
}

function leaveFor(url: string): Promise<never> {
  location.assign(url)
  return new Promise(() => {})
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

function randomNonce(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
