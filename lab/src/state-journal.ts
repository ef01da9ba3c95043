import { appendFileSync, closeSync, existsSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { LabError } from './lab-error.ts'

/** One line of the state file: the new value of `key`, or null when it is gone. `expires_at` is in epoch seconds. */
export interface JournalLine {
  key: string
  value: unknown
  expires_at: number | null
}

export interface Journal {
  append(line: JournalLine): void
  close(): void
}

/**
 * Opens an append-only NDJSON file and replays it: `entries` holds the last line of each key that still lives.
 *
 * The file is rewritten without its history first (mode 0600, by rename). Lines go to the file synchronously, so what
 * was answered to a client is known to the operating system and survives kill -9 of this process.
 *
 * @throws LabError `invalid_state_file` when a whole line is not JSON. A last line without its newline is dropped: the
 *   process ended while it was written, and no reply had been sent.
 */
export function openJournal(path: string, now: Date): { journal: Journal; entries: Map<string, JournalLine> } {
  const entries = replay(path, now)
  const lines = [...entries.values()].map((line) => `${JSON.stringify(line)}\n`)
  writeFileSync(`${path}.new`, lines.join(''), { mode: 0o600 })
  renameSync(`${path}.new`, path)

  const file = openSync(path, 'a', 0o600)
  const journal: Journal = {
    append: (line) => appendFileSync(file, `${JSON.stringify(line)}\n`),
    close: () => closeSync(file),
  }
  return { journal, entries }
}

function replay(path: string, now: Date): Map<string, JournalLine> {
  const entries = new Map<string, JournalLine>()
  if (!existsSync(path)) return entries
  const wholeLines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  for (const [index, text] of wholeLines.entries()) {
    const line = parseLine(text, `${path}:${index + 1}`)
    const expired = line.expires_at !== null && line.expires_at * 1000 <= now.getTime()
    if (line.value === null || expired) entries.delete(line.key)
    else entries.set(line.key, line)
  }
  return entries
}

function parseLine(text: string, place: string): JournalLine {
  try {
    return JSON.parse(text) as JournalLine // written by `append` above, to a file that only we can write
  } catch (cause) {
    throw new LabError('invalid_state_file', `${place} is not JSON; move the file away to start with an empty lab.`, {
      cause,
    })
  }
}
