import { randomBytes } from 'node:crypto'

const PIECE_BYTES = 4096

let piece = Buffer.alloc(0)
let taken = 0

/**
 * Random bytes of the system's generator, fetched in larger pieces: a call for every state, nonce and token costs five
 * times as much. What was given out is wiped from the piece.
 */
export function randomOctets(count: number): Buffer {
  if (count > PIECE_BYTES) return randomBytes(count)
  if (taken + count > piece.length) {
    piece = randomBytes(PIECE_BYTES)
    taken = 0
  }
  const octets = Buffer.from(piece.subarray(taken, taken + count))
  piece.fill(0, taken, taken + count)
  taken += count
  return octets
}
