/** One rule of a schema that one value breaks; `pointer` is a JSON pointer (RFC 6901) into the request's body. */
export interface Violation {
  pointer: string
  rule: string
  message: string
}

/** The server's answer to a request that it refused: problem details (RFC 9457), or `unreachable` when none came. */
export class ApiError extends Error {
  /** HTTP status, or 0 when there was no response. */
  readonly status: number
  readonly code: string
  readonly errors: Violation[]

  constructor(status: number, code: string, message: string, options: { errors?: Violation[]; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.name = 'ApiError'
    this.status = status
    this.code = code
    this.errors = options.errors ?? []
  }
}

/** Reads an error response's body, which a proxy on the way may have replaced by something else. */
export function apiErrorFrom(status: number, body: unknown): ApiError {
  if (typeof body === 'object' && body !== null && 'code' in body && 'detail' in body) {
    const errors = 'errors' in body && Array.isArray(body.errors) ? (body.errors as Violation[]) : []
    return new ApiError(status, String(body.code), String(body.detail), { errors })
  }
  return new ApiError(status, 'unexpected_response', `The server answered ${status} without saying why. Try again.`)
}
