// Documents of a run as a file of the operator's: one JSON object a line. What lies beyond the committed length is of no
// account, and is cut off when the run is over or taken up again.
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { Problem } from '../http/problem.ts'
import type { DocumentSink } from './document-sink.ts'

const GATHERED_BYTES = 256 * 1024
const SUFFIX = '.ndjson'

export interface DocumentFile extends DocumentSink {
  bytes(): number
}

/**
 * Opens a run's file for more, from its committed length on.
 *
 * @throws Problem 409 `documents_elsewhere` when an earlier attempt left documents that do not lie here
 */
export async function openDocumentFile(
  directory: string,
  runId: string,
  { committed, maximum, counted }: { committed: number; maximum: number | null; counted: number },
): Promise<DocumentFile> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const file = await open(join(directory, runId + SUFFIX), committed === 0 ? 'w' : 'r+', 0o600).catch((cause) => {
    if (committed > 0) throw elsewhere(cause)
    throw cause
  })
  try {
    if ((await file.stat()).size < committed) throw elsewhere()
    await file.truncate(committed)
  } catch (error) {
    await file.close()
    throw error
  }
  return appendTo(file, committed, (count) => maximum !== null && counted + count >= maximum)
}

function appendTo(file: FileHandle, start: number, isEnough: (added: number) => boolean): DocumentFile {
  let gathered: string[] = []
  let size = 0
  let end = start
  let added = 0
  const flush = async () => {
    if (gathered.length === 0) return
    const bytes = Buffer.from(gathered.join(''))
    gathered = []
    size = 0
    for (let from = 0; from < bytes.length; ) {
      const { bytesWritten } = await file.write(bytes, from, bytes.length - from, end)
      from += bytesWritten
      end += bytesWritten
    }
  }
  return {
    bytes: () => end,
    async add(collection, document) {
      const line = `${JSON.stringify({ collection, document })}\n`
      gathered.push(line)
      size += line.length
      added += 1
      if (size >= GATHERED_BYTES) await flush()
    },
    isComplete: () => isEnough(added),
    async commit() {
      await flush()
      await file.datasync()
      return { outcome_changed: false, document_bytes: end }
    },
    close: () => file.close(),
  }
}

/** The committed part. @throws Problem 404 `documents_not_found` when the file is not here */
export async function readDocumentFile(directory: string, runId: string, committed: number): Promise<ReadableStream> {
  const path = join(directory, runId + SUFFIX)
  const found = await stat(path).catch(() => null)
  if (found === null || found.size < committed) throw new Problem(404, 'documents_not_found', NOT_HERE)
  if (committed === 0) return new Blob([]).stream()
  // Node's type of a web stream and the global one differ in name only.
  return Readable.toWeb(createReadStream(path, { start: 0, end: committed - 1 })) as ReadableStream
}

const NOT_HERE =
  'The documents of this run do not lie here any more, or lie at another server. Servers that share runs need one ' +
  'directory for their documents (SLUICE_RUNS_DIRECTORY).'

function elsewhere(cause?: unknown): Problem {
  return new Problem(409, 'documents_elsewhere', NOT_HERE, { cause })
}

/** Ids of the runs whose files are older than `before`. */
export async function oldDocumentFiles(directory: string, before: Date): Promise<string[]> {
  const names = await readdir(directory).catch(() => [])
  const old: string[] = []
  for (const name of names) {
    if (!name.endsWith(SUFFIX)) continue
    const found = await stat(join(directory, name)).catch(() => null)
    if (found && found.mtime < before) old.push(name.slice(0, -SUFFIX.length))
  }
  return old
}

export async function removeDocumentFile(directory: string, runId: string): Promise<void> {
  await rm(join(directory, runId + SUFFIX), { force: true })
}
