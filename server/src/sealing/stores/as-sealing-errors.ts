import { KeyStoreError } from '@sluice/kms'
import { SealingError } from '../sealing-error.ts'

/** What a key store says, in the words of sealing. */
export async function asSealingErrors<T>(work: Promise<T>): Promise<T> {
  return await work.catch((error: unknown) => {
    throw error instanceof KeyStoreError ? new SealingError(error.code, error.message, { cause: error }) : error
  })
}
