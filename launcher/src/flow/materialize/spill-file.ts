// What does not fit in memory lies in a file that has no name any more: it is gone with this process, however that ends.
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Extent {
  offset: number
  length: number
}

export interface SpillFile {
  append(text: string): Promise<Extent>
  read(extent: Extent): Promise<string>
  close(): Promise<void>
}

export async function openSpillFile(): Promise<SpillFile> {
  const file = await openNameless()
  let size = 0
  return {
    async append(text) {
      const bytes = Buffer.from(text)
      const extent = { offset: size, length: bytes.length }
      size += bytes.length
      for (let written = 0; written < bytes.length; ) {
        written += (await file.write(bytes, written, bytes.length - written, extent.offset + written)).bytesWritten
      }
      return extent
    },
    async read({ offset, length }) {
      const bytes = Buffer.allocUnsafe(length)
      for (let filled = 0; filled < length; ) {
        const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled)
        if (bytesRead === 0) throw new Error('What was put aside for want of memory is not there any more.')
        filled += bytesRead
      }
      return bytes.toString('utf8')
    },
    close: () => file.close(),
  }
}

async function openNameless(): Promise<FileHandle> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-spill-'))
  try {
    return await open(join(directory, 'documents'), 'wx+', 0o600)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
