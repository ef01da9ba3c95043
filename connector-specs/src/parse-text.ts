import { SpecError, type SpecErrorCode } from './spec-error.ts'
import { parseYaml } from './yaml-document.ts'

/** Parses a file that may hold secrets: a fault is told by its place alone, because the parser's words may quote one. */
export function parseText(file: string, text: string, code: SpecErrorCode): unknown {
  try {
    return parseYaml(file, text).value
  } catch (cause) {
    const where = cause instanceof SpecError ? cause.place : file
    throw new SpecError(code, 'Not valid JSON or YAML at this place. Mend the file.', { place: where })
  }
}
