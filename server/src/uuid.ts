import { randomUUID } from 'node:crypto'

/** A UUID version 7 (RFC 9562 §5.7): ordered by creation, so that indexes grow at their end. */
export function uuidv7(now = Date.now()): string {
  const time = now.toString(16).padStart(12, '0')
  // What follows the time and the version is as in version 4.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}
