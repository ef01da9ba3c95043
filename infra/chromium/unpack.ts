// Unpacks one brotli file: `unpack.ts <from> <to>`. Few machines have a brotli program; Node has the decoder.
import { createReadStream, createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createBrotliDecompress } from 'node:zlib'

const [from = '', to = ''] = process.argv.slice(2)
await pipeline(createReadStream(from), createBrotliDecompress(), createWriteStream(to))
