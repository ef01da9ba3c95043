import type { ApiError } from '@sluice/client'
import { type FormEvent, useState } from 'react'
import { apiError } from '../page/use-load.ts'

/** A form of the console: its values go to `send`, and what the server refuses comes back by field. */
export function useSubmit(send: (values: FormData, form: HTMLFormElement) => Promise<void>) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError>()
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    setBusy(true)
    setError(undefined)
    await send(new FormData(form), form).catch((cause: unknown) => setError(apiError(cause)))
    setBusy(false)
  }
  const errorAt = (pointer: string) => error?.errors.find((violation) => violation.pointer.startsWith(pointer))?.message
  return { busy, error, errorAt, submit }
}

/** A text field's value without the blanks around it; undefined where nothing was filled in. */
export function textOf(values: FormData, name: string): string | undefined {
  const value = values.get(name)
  const text = typeof value === 'string' ? value.trim() : ''
  return text === '' ? undefined : text
}
