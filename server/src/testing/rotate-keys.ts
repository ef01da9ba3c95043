// A program for tests: goes on with a key rotation, and stands still at the step that its arguments name, until it is
// killed. Prints one line: `stopped`, or `finished`.
import { join } from 'node:path'
import { pino } from 'pino'
import { createAuditLog } from '../audit/audit-log.ts'
import { connectDatabase } from '../database/connect.ts'
import { continueRotation } from '../keys/rotate-keys.ts'
import { neededKeyEncryptionKeys } from '../sealing/data-keys.ts'
import { createKeyRing } from '../sealing/key-ring.ts'
import { openKeyEncryptionKeys } from '../sealing/open-key-encryption-keys.ts'

const [url = '', directory = '', stopAt = '', count = '1'] = process.argv.slice(2)

const { db, close } = connectDatabase(url)
const key_encryption_keys = await openKeyEncryptionKeys({
  key_encryption_key: null,
  other_key_encryption_keys: [],
  own_file: join(directory, 'master-key.json'),
  needed_key_ids: await neededKeyEncryptionKeys(db),
  env: {},
})
const services = {
  db,
  keys: createKeyRing(db, key_encryption_keys),
  key_encryption_keys,
  audit: createAuditLog({ db, now: () => new Date() }),
  log: pino({ enabled: false }),
}
let left = Number(count)
await continueRotation(services, {
  signal: new AbortController().signal,
  batch_size: 7,
  settle_ms: 0,
  async onStep(step) {
    if (step !== stopAt) return
    left -= 1
    if (left > 0) return
    process.stdout.write('stopped\n')
    process.stdin.resume()
    await new Promise(() => {})
  },
})
process.stdout.write('finished\n')
await close()
