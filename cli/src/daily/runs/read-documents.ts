import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream as NodeReadableStream } from 'node:stream/web'
import { dataOf } from '@sluice/client'
import { printableJson } from '../../printable.ts'
import type { ServerChoice } from '../../profiles/choose-login.ts'
import { openServer } from '../../server/open-server.ts'
import type { Terminal } from '../../terminal.ts'

type DocumentOptions = ServerChoice & { id: string; output: string | undefined }

/** The documents that a run read: its sample on stdout, or its file, which may be large, into a file. */
export async function readDocuments({ id, output, ...choice }: DocumentOptions, terminal: Terminal): Promise<void> {
  const client = openServer(choice, terminal)
  const params = { path: { id } }
  if (output === undefined) {
    const { documents } = await dataOf(client.GET('/v1/runs/{id}', { params }))
    if (documents.length === 0) terminal.note('The run keeps no sample. If it wrote a file, --output fetches it.')
    for (const document of documents) await terminal.print(printableJson(document))
    return
  }
  const body = await dataOf<NodeReadableStream | null | undefined>(
    client.GET('/v1/runs/{id}/documents', { params, parseAs: 'stream' }) as never, // fetch's streams are Node's here
  )
  const partial = `${output}.${process.pid}.partial`
  try {
    const file = createWriteStream(partial, { flags: 'wx', mode: 0o600 })
    await pipeline(Readable.fromWeb(body ?? new ReadableStream()), file, { signal: terminal.signal })
    await rename(partial, output)
  } finally {
    await rm(partial, { force: true })
  }
  terminal.note(`Written to ${output}, readable by you alone.`)
}
