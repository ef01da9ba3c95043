/** Writes a line to standard output. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

export type Style = 'red' | 'green' | 'yellow' | 'dim'

const CODES: Record<Style, number> = { red: 31, green: 32, yellow: 33, dim: 2 }

/** Colours text where standard output shows colours. */
export function styled(style: Style, text: string): string {
  const colors = process.stdout.isTTY && process.stdout.hasColors()
  return colors ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text
}

export function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '    ')
}
