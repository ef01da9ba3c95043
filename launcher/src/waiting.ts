// Waiting for a child process, which may never do what is waited for.

/** `setTimeout` takes no more and fires at once beyond. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The first of: the promise (its error as a value), `ms` gone, the signal. */
export async function raced<T>(
  promise: Promise<T>,
  ms: number,
  signal: AbortSignal | undefined,
): Promise<T | Error | 'silent' | 'canceled'> {
  let timer: NodeJS.Timeout | undefined
  let cancel: (() => void) | undefined
  const silent = new Promise<'silent'>((resolve) => {
    if (ms <= LONGEST_TIMER_MS) timer = setTimeout(() => resolve('silent'), ms)
  })
  const canceled = new Promise<'canceled'>((resolve) => {
    cancel = () => resolve('canceled')
    if (signal?.aborted) cancel()
    else signal?.addEventListener('abort', cancel, { once: true })
  })
  const settled = promise.catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))))
  try {
    return await Promise.race([settled, silent, canceled])
  } finally {
    clearTimeout(timer)
    if (cancel) signal?.removeEventListener('abort', cancel)
  }
}

/** What the promise gives, or null once `ms` are gone. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), Math.min(ms, LONGEST_TIMER_MS))
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
