// The document's MAC: SHA-512 over every value in order, encrypted with the time of the last change as its place, so
// that neither values nor time can be changed by hand (getsops/sops, sops.go).
import { createHash, timingSafeEqual } from 'node:crypto'
import { decryptLeaf, encryptLeaf, type Leaf, leafText } from './leaf.ts'
import { SopsError } from './sops-error.ts'

/** Keeps a MAC over the encrypted values alone apart from one over all: SHA-256 of "sops". */
const ONLY_ENCRYPTED_PREFIX = createHash('sha256').update('sops').digest()

export interface Mac {
  add(leaf: Leaf, encrypted: boolean): void
  seal(dataKey: Buffer, lastModified: string): string
  /** @throws SopsError `sops_tampered` */
  verify(sealed: string, dataKey: Buffer, lastModified: string): void
}

export function createMac({ only_encrypted }: { only_encrypted: boolean }): Mac {
  const hash = createHash('sha512')
  if (only_encrypted) hash.update(ONLY_ENCRYPTED_PREFIX)
  const digest = () => hash.digest('hex').toUpperCase()
  return {
    add(leaf, encrypted) {
      if (leaf.type !== 'comment' && (encrypted || !only_encrypted)) hash.update(leafText(leaf))
    },
    seal: (dataKey, lastModified) => encryptLeaf({ type: 'str', value: digest() }, dataKey, lastModified),
    verify(sealed, dataKey, lastModified) {
      const expected = Buffer.from(leafText(decryptLeaf(sealed, dataKey, lastModified)))
      const actual = Buffer.from(digest())
      if (expected.length === actual.length && timingSafeEqual(expected, actual)) return
      throw new SopsError(
        'sops_tampered',
        'The MAC does not match: the file was changed by hand. Restore it, and edit it with sops or `sluice config edit`.',
      )
    },
  }
}
