import type { LogEvent, LogLevel } from '@sluice/launcher'
import { printableJson } from '../printable.ts'
import type { Style, Terminal } from '../terminal.ts'

const STYLES: Record<LogLevel, Style> = { trace: 'dim', debug: 'dim', info: 'cyan', warn: 'yellow', error: 'red' }

/** One log of the connector on stderr: level, message, fields. The launcher has made it safe to show. */
export function tellLog({ level, message, fields }: LogEvent, terminal: Terminal): void {
  const shown = Object.entries(fields).map(([name, value]) => `${name}=${printableJson(value)}`)
  const details = shown.length > 0 ? terminal.paint('dim', ` ${shown.join(' ')}`) : ''
  tellOf(level, terminal)(`${terminal.paint(STYLES[level], level.padEnd(5))} ${message}${details}`)
}

/** The same as one JSON line, for programs that read stderr. */
export function tellLogAsJson({ at, level, message, fields }: LogEvent, terminal: Terminal): void {
  tellOf(level, terminal)(printableJson({ ts: at, level, message, fields }))
}

/** --quiet leaves warnings and errors. */
function tellOf(level: LogLevel, { tell, note }: Terminal): (text: string) => void {
  return level === 'warn' || level === 'error' ? tell : note
}
