// What is known of an import stands in the trailers of its merge commit (git-interpret-trailers), so that the history
// itself says where a connector came from and under which licence.
import { CliError } from '../cli-error.ts'
import { type Git, withoutPasswords } from './git.ts'

export interface ImportRecord {
  /** The address that the remote's name stands for, without a password. */
  remote: string
  /** Full hash of the upstream commit. */
  commit: string
  upstream_path: string
  /** Relative to the repository's root. */
  path: string
  /** SPDX licence expression. */
  license: string
  license_path: string
  /** Blob hash of the licence's text. */
  license_blob: string
}

const TRAILERS: Record<keyof ImportRecord, string> = {
  remote: 'Upstream-Remote',
  commit: 'Upstream-Commit',
  upstream_path: 'Upstream-Path',
  path: 'Import-Path',
  license: 'Upstream-License',
  license_path: 'Upstream-License-Path',
  license_blob: 'Upstream-License-Blob',
}

export interface EarlierImport extends ImportRecord {
  /** The commit that holds upstream's files alone, at their place here: the base of the next merge. */
  imported: string
}

export function importMessage(record: ImportRecord): string {
  const trailers = Object.entries(TRAILERS).map(([key, name]) => `${name}: ${record[key as keyof ImportRecord]}`) // TRAILERS has exactly its keys
  return `Import ${record.path} from ${withoutPasswords(record.remote)} at ${record.commit.slice(0, 12)}\n\n${trailers.join('\n')}\n`
}

/** The newest import of this path in the history of HEAD; null when there is none. */
export async function findEarlierImport(git: Git, path: string): Promise<EarlierImport | null> {
  const log = await git('log', '--merges', `--grep=^${TRAILERS.path}: ${literal(path)}$`, '--format=%H %P', '-n', '1')
  const [merge, , imported] = log.split(' ')
  if (merge === undefined || merge === '') return null
  if (imported === undefined) throw new CliError('source', `${merge} says it imported ${path}, but is no merge.`)
  const format = Object.values(TRAILERS).map((name) => `%(trailers:key=${name},valueonly,separator=%x20)`)
  const values = (await git('log', '-1', `--format=${format.join('%n')}`, merge)).split('\n')
  const record = Object.fromEntries(Object.keys(TRAILERS).map((key, index) => [key, values[index]?.trim() ?? '']))
  // Each key of TRAILERS was given a text.
  return { ...(record as unknown as ImportRecord), imported }
}

function literal(text: string): string {
  return text.replace(/[.*[\]^$\\]/g, '\\$&')
}
