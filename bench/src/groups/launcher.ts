import { measureFirstByte } from '../launcher/first-byte.ts'
import type { Measurement } from '../result.ts'

export const description = 'connectors: the first byte of an answer'

export async function measure(): Promise<Measurement[]> {
  return await measureFirstByte()
}
