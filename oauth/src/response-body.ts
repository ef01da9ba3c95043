import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import { OAuthError } from './errors.ts'

const DECODERS = new Map([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
])

export interface BodyLimits {
  /** Applies on the wire and again after decompression. */
  max_bytes: number
  /** For messages. */
  hostname: string
}

/**
 * Reads a body as text within `limits`. One known content coding is undone; several, or others, are refused
 * (undici CVE-2026-22036 is about their number).
 */
export async function readBody(stream: Readable, content_encoding: string | null, limits: BodyLimits): Promise<string> {
  const coding = (content_encoding ?? '').trim().toLowerCase()
  const decoder = DECODERS.get(coding)
  if (decoder === undefined && coding !== '' && coding !== 'identity') {
    stream.destroy()
    throw malformed(limits)
  }

  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length
    // Leaving the loop destroys the stream and with it the connection.
    if (size > limits.max_bytes) throw tooLarge(limits)
    chunks.push(chunk)
  }
  const body = Buffer.concat(chunks)
  if (decoder === undefined || size === 0) return body.toString('utf8')
  try {
    return (await decoder(body, { maxOutputLength: limits.max_bytes })).toString('utf8')
  } catch (error) {
    throw error instanceof RangeError ? tooLarge(limits) : malformed(limits)
  }
}

function malformed({ hostname }: BodyLimits): OAuthError {
  const message = `${hostname} sent a response in a content coding that cannot be read.`
  return new OAuthError('malformed_response', message, { verdict: 'transient' })
}

function tooLarge({ hostname, max_bytes }: BodyLimits): OAuthError {
  const message = `${hostname} sent a response larger than ${max_bytes} bytes.`
  return new OAuthError('response_too_large', message, { verdict: 'transient' })
}
