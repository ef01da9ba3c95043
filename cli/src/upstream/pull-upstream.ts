// Takes a connector of another repository into this one, by a merge commit that records where it came from, at which
// commit and under which licence. Upstream's files are a line of history of their own, so that a later pull merges what
// changed there with what changed here, as git merges any two branches.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, posix, relative, resolve, sep } from 'node:path'
import parseLicense from 'spdx-expression-parse'
import { CliError } from '../cli-error.ts'
import type { OutputOptions } from '../output/output-options.ts'
import { report } from '../output/report.ts'
import type { Terminal } from '../terminal.ts'
import { type Git, gitIn, withoutPasswords } from './git.ts'
import { type EarlierImport, findEarlierImport, type ImportRecord, importMessage } from './import-record.ts'

export interface PullOptions {
  remote: string
  ref: string
  upstreamPath: string
  path: string
  license: string
  licensePath: string
}

/** What was asked for, and how to say what was done. */
export type PullRequest = PullOptions & OutputOptions

/** The file that keeps the licence beside the connector when it lies elsewhere upstream. */
const LICENSE_FILE = 'LICENSE.upstream'

export async function pullUpstream({ json, quiet: _, ...options }: PullRequest, terminal: Terminal): Promise<void> {
  requireNoOptions(options)
  requireLicense(options.license)
  const root = await gitIn(process.cwd(), terminal)('rev-parse', '--show-toplevel')
  const git = gitIn(root, terminal)
  const path = pathInside(root, options.path)
  await requireCleanTree(git)
  const earlier = await findEarlierImport(git, path)
  if (earlier === null && (await git('ls-files', '--', path)) !== '') {
    throw new CliError('usage', `${path} exists, but was not imported by this command.`, {
      next_action: 'Name a path that does not exist yet, or remove this one in a commit first.',
    })
  }

  terminal.note(`Fetching ${options.ref} from ${withoutPasswords(options.remote)} …`)
  const record = await fetchUpstream(git, options, path)
  warnAboutChanges(record, earlier, terminal)
  if (earlier !== null && (await isSame(git, record, earlier))) {
    const sentence = `${path} is up to date: upstream has nothing new since ${earlier.commit.slice(0, 12)}.`
    return await report({ path, commit: earlier.commit, changed: false }, sentence, { json }, terminal)
  }
  const imported = await commitUpstream(root, record, earlier, terminal)
  const files = await merge(git, record, imported)
  const { commit, license } = record
  const sentence = `${terminal.paint('green', 'Imported')} ${path}: ${files} files under ${license}.`
  await report({ path, commit, license, files, changed: true }, sentence, { json }, terminal)
}

function requireLicense(license: string): void {
  try {
    parseLicense(license)
  } catch (cause) {
    throw new CliError('usage', `${license} is not an SPDX licence identifier or expression.`, {
      next_action: 'Find it at https://spdx.org/licenses/, such as MIT, Apache-2.0 or "GPL-2.0-only OR MIT".',
      cause,
    })
  }
}

function pathInside(root: string, path: string): string {
  const inside = relative(root, resolve(path)).split(sep).join(posix.sep)
  if (inside !== '' && !inside.startsWith('..')) return inside
  throw new CliError('usage', `${path} is not inside this repository.`, { next_action: `Name a path below ${root}.` })
}

async function requireCleanTree(git: Git): Promise<void> {
  if ((await git('status', '--porcelain', '--untracked-files=no')) === '') return
  throw new CliError('usage', 'There are changes that are not committed, which a merge could mix up.', {
    next_action: 'Commit or stash them first.',
  })
}

async function fetchUpstream(git: Git, options: PullOptions, path: string): Promise<ImportRecord> {
  const { remote, ref, license } = options
  const upstream_path = trimmed(options.upstreamPath)
  const license_path = trimmed(options.licensePath)
  const commit = await fetchCommit(git, remote, ref)
  const type = await git.try('cat-file', '-t', `${commit}:${upstream_path}`)
  if (type !== 'tree') throw missing('directory', upstream_path, commit)
  const license_blob = await git.try('rev-parse', '--verify', '--quiet', `${commit}:${license_path}`)
  if (license_blob === null || (await git('cat-file', '-t', license_blob)) !== 'blob') {
    throw missing('licence file', license_path, commit)
  }
  const address = (await git.try('remote', 'get-url', remote)) ?? remote
  return { remote: withoutPasswords(address), commit, upstream_path, path, license, license_path, license_blob }
}

const HASH = /^[0-9a-f]{7,64}$/

/** @returns the full hash of what the remote calls `ref` */
async function fetchCommit(git: Git, remote: string, ref: string): Promise<string> {
  const fetch = ['fetch', '--no-tags', '--quiet', '--', remote, ref]
  if (!HASH.test(ref)) {
    await git(...fetch)
    return await git('rev-parse', 'FETCH_HEAD^{commit}')
  }
  // A hash that the remote does not serve by name may be here already, by an earlier fetch of its branches.
  const fetched = await git.try(...fetch)
  const known = await git.try('rev-parse', '--verify', '--quiet', `${ref}^{commit}`)
  if (known !== null) return known
  if (fetched === null) await git(...fetch)
  return await git('rev-parse', 'FETCH_HEAD^{commit}')
}

/** git would take it for an option, and some of its options run programs. */
function requireNoOptions(options: PullOptions): void {
  const wrong = Object.values(options).find((value: string) => value.startsWith('-'))
  if (wrong === undefined) return
  throw new CliError('usage', 'An argument begins with a dash, which git would read as an option.', {
    next_action: 'Name remotes, refs and paths that begin otherwise; a path may begin with ./',
  })
}

function trimmed(path: string): string {
  return path.replace(/^(\.?\/)+|\/+$/g, '')
}

function missing(what: string, path: string, commit: string): CliError {
  return new CliError('source', `Upstream has no ${what} ${path} at ${commit.slice(0, 12)}.`, {
    next_action: 'Paths are relative to the root of upstream’s repository.',
  })
}

function warnAboutChanges(record: ImportRecord, earlier: EarlierImport | null, terminal: Terminal): void {
  if (earlier === null) return
  const warn = (text: string) => terminal.tell(`${terminal.paint('yellow', 'warning:')} ${text}`)
  if (record.license !== earlier.license) {
    warn(`the licence was recorded as ${earlier.license} before, and is ${record.license} now. May it be used so?`)
  }
  if (record.license_blob !== earlier.license_blob) {
    warn(`the text of the licence changed since ${earlier.commit.slice(0, 12)}. Read it before you publish.`)
  }
  if (record.remote !== earlier.remote) warn(`the earlier import came from ${earlier.remote}.`)
}

async function isSame(git: Git, record: ImportRecord, earlier: EarlierImport): Promise<boolean> {
  if (record.license_blob !== earlier.license_blob) return false
  const tree = await git('rev-parse', `${record.commit}:${record.upstream_path}`)
  return (await git.try('rev-parse', '--verify', '--quiet', `${earlier.commit}:${earlier.upstream_path}`)) === tree
}

/** A commit that holds upstream's files alone, where they will lie here; its parent is that of the earlier import. */
async function commitUpstream(
  root: string,
  record: ImportRecord,
  earlier: EarlierImport | null,
  { env, signal }: Terminal,
) {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-import-'))
  try {
    const git = gitIn(root, { env: { ...env, GIT_INDEX_FILE: join(directory, 'index') }, signal })
    await git('read-tree', '--empty')
    await git('read-tree', `--prefix=${record.path}/`, `${record.commit}:${record.upstream_path}`)
    if (!isWithin(record.license_path, record.upstream_path)) {
      const place = posix.join(record.path, LICENSE_FILE)
      await git('update-index', '--add', '--cacheinfo', `100644,${record.license_blob},${place}`)
    }
    const tree = await git('write-tree')
    const parents = earlier === null ? [] : ['-p', earlier.imported]
    const message = `Files of ${record.upstream_path} at ${record.commit.slice(0, 12)}, as upstream has them`
    return await git('commit-tree', tree, ...parents, '-m', message)
  } finally {
    await rm(directory, { recursive: true })
  }
}

function isWithin(path: string, directory: string): boolean {
  return directory === '' || path.startsWith(`${directory}/`)
}

/** @returns how many files lie there now */
async function merge(git: Git, record: ImportRecord, imported: string): Promise<number> {
  const args = ['merge', '--no-ff', '--allow-unrelated-histories', '-m', importMessage(record), imported]
  if ((await git.try(...args)) !== null) return (await git('ls-files', '--', record.path)).split('\n').length
  const conflicts = (await git('diff', '--name-only', '--diff-filter=U')).split('\n').filter((name) => name !== '')
  if (conflicts.length === 0) await git(...args)
  throw new CliError('source', `Upstream and this repository changed the same places: ${conflicts.join(', ')}.`, {
    next_action: 'Mend them, `git add` them and `git commit`: the message is prepared. `git merge --abort` goes back.',
  })
}
