import { z } from '@hono/zod-openapi'

/** Text that the database takes as it is: no NUL, no lone surrogates. */
export const text = (minimum: number, maximum: number) =>
  z
    .string()
    .min(minimum)
    .max(maximum)
    .refine((value) => !value.includes('\0') && value.isWellFormed(), {
      message: 'must not hold NUL characters or lone surrogates',
    })
