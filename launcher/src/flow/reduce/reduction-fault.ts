/** Where a reduction is, and whether its left side is all that there was before. */
export interface Reducing {
  pointer: string
  full: boolean
}

/** A value cannot be reduced as its place says; the sentence follows the pointer. */
export class ReductionFault extends Error {
  readonly pointer: string

  constructor(pointer: string, sentence: string) {
    super(sentence)
    this.pointer = pointer
  }
}
