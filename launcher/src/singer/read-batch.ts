// BATCH messages (Meltano SDK): documents in files that a manifest names, of which only those in the connector's own
// private directory are read.
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { isJsonObject, type JsonObject } from '@sluice/connector-specs'
import { splitLines } from '../ndjson.ts'
import { OutputFault } from '../output-fault.ts'
import { readJsonLine } from '../read-json-line.ts'
import type { Run } from '../run.ts'
import type { SingerBatch } from './messages.ts'

/** Of one file, unpacked. */
const MAXIMUM_BYTES = 256 * 1024 * 1024

/** The documents of one file of a manifest. @throws OutputFault when it may not or cannot be read */
export async function readBatch(run: Run, { encoding }: SingerBatch, address: string): Promise<JsonObject[]> {
  const { format, compression } = encoding
  if (format !== 'jsonl' || (compression && compression !== 'gzip' && compression !== 'none')) {
    const packed = compression ? ` with ${compression}` : ''
    throw new OutputFault(`printed a batch in ${format}${packed}; only jsonl, plain or with gzip, is read. Set it so.`)
  }
  const content = await run.readFile(nameWithin(run.directory, address))
  if (!content) {
    throw new OutputFault(`printed a batch whose file ${basename(address)} is not there or is too large. Mend it.`)
  }
  const unpacked = compression === 'gzip' ? await unpack(content) : content
  return [...splitLines(unpacked)].filter((line) => line.length > 0).map(documentOf)
}

function nameWithin(directory: string, address: string): string {
  const url = URL.parse(address)
  const path = url?.protocol === 'file:' && url.host === '' ? fileURLToPath(url) : null
  if (path !== null && dirname(path) === directory) return basename(path)
  throw new OutputFault(
    'printed a batch with a file outside of its private directory, which is not read. Leave batch_config.storage.root out.',
  )
}

async function unpack(content: Buffer): Promise<Buffer> {
  try {
    return await promisify(gunzip)(content, { maxOutputLength: MAXIMUM_BYTES })
  } catch (cause) {
    const large = cause instanceof RangeError
    const fault = large ? `a batch file of more than ${MAXIMUM_BYTES} bytes` : 'a batch file that is not gzip'
    throw new OutputFault(`printed ${fault}. Mend it.`, { code: large ? 'output_too_large' : 'malformed_output' })
  }
}

function documentOf(line: Buffer): JsonObject {
  const document = readJsonLine(line)
  if (isJsonObject(document)) return document
  throw new OutputFault('a batch line that is no document', { code: 'malformed_output', line })
}
