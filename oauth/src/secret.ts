import { inspect } from 'node:util'

const MASK = '[secret]'

/**
 * A value that cannot be logged, serialised or interpolated by accident: every way of printing it gives `[secret]`.
 * Only `reveal()` gives it back, so a search for `.reveal(` lists every place where a secret leaves its wrapper.
 */
export class Secret<T = string> {
  readonly #value: T

  constructor(value: T) {
    this.#value = value
  }

  reveal(): T {
    return this.#value
  }

  toString(): string {
    return MASK
  }

  toJSON(): string {
    return MASK
  }

  [Symbol.toPrimitive](): string {
    return MASK
  }

  [inspect.custom](): string {
    return MASK
  }
}

export function secret<T>(value: T): Secret<T> {
  return new Secret(value)
}
