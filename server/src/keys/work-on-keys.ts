import type { Services } from '../services.ts'
import { deleteRetiredKeys } from './retire-keys.ts'
import { continueRotation } from './rotate-keys.ts'

const LONGEST_SECONDS = 12 * 60 * 60

/** Has this process rotate keys when one is asked to; also at the start and now and then, for what was left undone. */
export async function startKeyWork(services: Services): Promise<void> {
  const { queue } = services
  const options = {
    as: 'slots',
    size: 1,
    retries: 20,
    retry_max_seconds: 300,
    expire_seconds: LONGEST_SECONDS,
  } as const
  await queue.work('keys.rotate', options, async ({ signal }) => {
    await continueRotation(services, { signal })
    await deleteRetiredKeys(services)
  })
  await queue.schedule('keys.rotate', '*/15 * * * *', {})
  await queue.send('keys.rotate', {}, { key: 'start' })
}
