import type { Migration } from 'kysely/migration'
import * as initial from './0001-initial.ts'

/** In order of name; a migration that has been released is never edited. */
export const migrations: Record<string, Migration> = {
  '0001-initial': initial,
}
