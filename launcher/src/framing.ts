import { readWholeLines } from './ndjson.ts'

/** How a run's stdout is cut into what is whole. */
export interface Framing {
  /** What a message is told as in errors. */
  unit: 'line' | 'message'
  /** What to do about one that is too long. */
  advice: string
  /** As `readWholeLines` does it. @throws LineError `too_long` */
  readWhole(stream: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer, Buffer, void>
}

export const LINES: Framing = {
  unit: 'line',
  advice: 'Emit smaller documents, or raise max_line_bytes.',
  readWhole: readWholeLines,
}
