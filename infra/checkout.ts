import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The project's directory, without a slash at its end. */
export const checkout = realpathSync(fileURLToPath(new URL('..', import.meta.url)))
