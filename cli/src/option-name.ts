import type { Option } from './command.ts'

/** `--max-documents` for the key `maxDocuments`, `--no-open` for a negated `open`. */
export function optionName(key: string, { negated }: Pick<Option<unknown>, 'negated'>): string {
  return `--${negated ? 'no-' : ''}${kebab(key)}`
}

function kebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
