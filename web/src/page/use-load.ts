import { ApiError } from '@sluice/client'
import { useCallback, useEffect, useState } from 'react'

export type Loaded<T> =
  | { status: 'loading' }
  | { status: 'failed'; error: ApiError; reload: () => void }
  | { status: 'ready'; data: T; reload: () => void; replace: (data: T) => void }

/** Loads something when a page opens, and again on `reload` or when `key` changes; old answers never overtake new ones. */
export function useLoad<T>(key: string, load: () => Promise<T>): Loaded<T> {
  const [turn, setTurn] = useState(0)
  const [answer, setAnswer] = useState<{ key: string; data: T } | { key: string; error: ApiError }>()
  const reload = useCallback(() => setTurn((before) => before + 1), [])

  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` names what `load` loads
  useEffect(() => {
    let isCurrent = true
    load().then(
      (data) => isCurrent && setAnswer({ key, data }),
      (error: unknown) => isCurrent && setAnswer({ key, error: apiError(error) }),
    )
    return () => {
      isCurrent = false
    }
  }, [key, turn])

  if (answer?.key !== key) return { status: 'loading' }
  if ('error' in answer) return { status: 'failed', error: answer.error, reload }
  return { status: 'ready', data: answer.data, reload, replace: (data) => setAnswer({ key, data }) }
}

/** Anything that a call may throw, as what a page can show. */
export function apiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  return new ApiError(0, 'page_error', 'This page met something that it cannot read. Reload it and try again.', {
    cause: error,
  })
}
