import type { Services } from '../services.ts'
import { oldDocumentFiles, removeDocumentFile } from './document-file.ts'

const EVENTS_KEPT_MS = 7 * 24 * 60 * 60 * 1000
const FILES_KEPT_MS = 30 * 24 * 60 * 60 * 1000
/** A file of a run that was begun a moment ago is none of a deleted one. */
const YOUNG_MS = 10 * 60 * 1000

/** Deletes what runs told after a week, their files after a month, and files of runs that are no more. */
export async function sweepRuns({ db, now, runs }: Services): Promise<void> {
  const ago = (milliseconds: number) => new Date(now().getTime() - milliseconds)
  await db.deleteFrom('run_events').where('created_at', '<', ago(EVENTS_KEPT_MS)).execute()
  const { documents_directory: directory } = runs.limits
  const old = new Set(await oldDocumentFiles(directory, ago(FILES_KEPT_MS)))
  const settled = await oldDocumentFiles(directory, ago(YOUNG_MS))
  const found =
    settled.length === 0 ? [] : await db.selectFrom('runs').select('id').where('id', 'in', settled).execute()
  const known = new Set(found.map(({ id }) => id))
  for (const id of settled) if (old.has(id) || !known.has(id)) await removeDocumentFile(directory, id)
}
