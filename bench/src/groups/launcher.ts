import { measureFirstByte } from '../launcher/first-byte.ts'
import { measurePipe } from '../launcher/pipe.ts'
import { measureRecordPump } from '../launcher/record-pump.ts'
import type { Measurement } from '../result.ts'

export const description = 'connectors: the first byte of an answer, records pumped, a source piped into a destination'

export async function measure(): Promise<Measurement[]> {
  return [...(await measureFirstByte()), ...(await measureRecordPump()), ...(await measurePipe())]
}
