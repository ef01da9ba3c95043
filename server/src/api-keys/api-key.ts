import { randomInt } from 'node:crypto'
import { crc32 } from 'node:zlib'

// sluice_<id><secret><checksum>: the prefix lets secret scanners find a leaked key, the id finds its row, the checksum
// tells a mistyped key without asking the database.
const PREFIX = 'sluice_'
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const ID_LENGTH = 12
const SECRET_LENGTH = 43
const CHECKSUM_LENGTH = 6
const PATTERN = new RegExp(`^${PREFIX}[0-9A-Za-z]{${ID_LENGTH + SECRET_LENGTH + CHECKSUM_LENGTH}}$`)

export interface ApiKeyText {
  id: string
  text: string
}

/** A new key: 43 characters of 62 carry 256 bits. */
export function generateApiKey(): ApiKeyText {
  const id = randomCharacters(ID_LENGTH)
  const body = id + randomCharacters(SECRET_LENGTH)
  return { id, text: PREFIX + body + checksum(body) }
}

/** The id of a well-formed key, or null. */
export function readApiKeyId(text: string): string | null {
  if (!PATTERN.test(text)) return null
  const body = text.slice(PREFIX.length, -CHECKSUM_LENGTH)
  return checksum(body) === text.slice(-CHECKSUM_LENGTH) ? body.slice(0, ID_LENGTH) : null
}

function randomCharacters(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
}

function checksum(body: string): string {
  let rest = crc32(body)
  let text = ''
  for (let place = 0; place < CHECKSUM_LENGTH; place++) {
    text = ALPHABET[rest % ALPHABET.length] + text
    rest = Math.floor(rest / ALPHABET.length)
  }
  return text
}
