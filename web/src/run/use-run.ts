import type { ApiError, Run } from '@sluice/client'
import { useEffect, useRef, useState } from 'react'
import { apiError } from '../page/use-load.ts'

const POLL_MILLISECONDS = 400

export interface RunCalls {
  start: () => Promise<Run>
  read: (id: string) => Promise<Run>
}

export interface FollowedRun {
  run: Run | undefined
  error: ApiError | undefined
  busy: boolean
  start: (calls: RunCalls) => void
}

/** Starts a run and follows it until it ends. A poll that fails is tried again; a start that fails is told. */
export function useRun(onEnd?: (run: Run) => void): FollowedRun {
  const [run, setRun] = useState<Run>()
  const [error, setError] = useState<ApiError>()
  const [busy, setBusy] = useState(false)
  const current = useRef(0)
  useEffect(
    () => () => {
      current.current = -1
    },
    [],
  )

  const follow = async (calls: RunCalls) => {
    const turn = ++current.current
    setBusy(true)
    setRun(undefined)
    setError(undefined)
    try {
      let latest = await calls.start()
      let failures = 0
      while (current.current === turn) {
        setRun(latest)
        if (latest.status !== 'queued' && latest.status !== 'running') break
        await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS))
        latest = await calls.read(latest.id).then(
          (next) => {
            failures = 0
            return next
          },
          (cause: unknown) => {
            if (++failures > 10) throw cause
            return latest
          },
        )
      }
      if (current.current === turn) onEnd?.(latest)
    } catch (cause) {
      if (current.current === turn) setError(apiError(cause))
    } finally {
      if (current.current === turn) setBusy(false)
    }
  }
  return { run, error, busy, start: (calls) => void follow(calls) }
}
