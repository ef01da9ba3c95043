// What is kept beside a private directory for whoever starts after its owner was killed, so that tokens that a connector
// had rotated are not lost: a note that says whose they are, and what had changed, sealed where the owner's helpers still
// could. All of it is of mode 0600, and out of the program's sight where it is confined.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { openText, sealText } from '../sealed-text.ts'
import { readPrivateFile, writePrivateFile } from './private-directory.ts'
import { removePrivateDirectory } from './remove-private-directory.ts'

const NOTE = '.note'
/** The last config that the connector told of. */
const TOLD = '.told'
/** Files of the private directory as they were when the program was ended for its owner. */
const LEFT = '.left'
/** Nobody who is told of them knows them. */
const FOREIGN_MS = 7 * 24 * 60 * 60 * 1000

/** What a program leaves behind when its owner is killed. */
export interface Bequest {
  /** Says to those who may know whose program it was, and leads them to `key`. */
  note: string
  /** Seals what is left, 32 bytes in base64. */
  key: string
  /** The files of the private directory that the program may have rewritten. */
  files: readonly string[]
}

/** A bequest as it was found. */
export interface FoundBequest {
  note: string
  /** The last config that the connector told of, and the files of the bequest that are there. */
  open(key: string): Promise<{ told: string | null; files: Record<string, string> }>
}

/** Takes what a killed owner left. `foreign`: it is somebody else's. Fails when it could not be taken now. */
export type Inherit = (found: FoundBequest) => Promise<'taken' | 'foreign'>

type Note = Pick<Bequest, 'note' | 'files'>

/** The note as it is kept. */
export function writeNote({ note, files }: Note): string {
  return JSON.stringify({ note, files })
}

export function readNote(kept: string): Note {
  return JSON.parse(kept) as Note // as `writeNote` wrote it
}

export function sealTold({ key }: Pick<Bequest, 'key'>, config: string): string {
  return sealText(keyOf(key), config)
}

/** Null when it was not sealed with this key. */
export function openTold(key: string, sealed: string): string | null {
  return openText(keyOf(key), sealed)
}

export async function keepNote(directory: string, note: Note): Promise<void> {
  await keep(directory, NOTE, writeNote(note))
}

/** What a running program's owner may do with it. */
export function bequestOf(directory: string, bequest: Bequest) {
  return {
    keepNote: async (note: string) => await keepNote(directory, { ...bequest, note }),
    keepTold: async (config: string) => await keep(directory, TOLD, sealTold(bequest, config)),
    release: async () => await removeBequest(directory),
  }
}

/** Seals what the program left in its private directory, and removes the directory. */
export async function sealLeft(directory: string, { key, files }: Pick<Bequest, 'key' | 'files'>): Promise<void> {
  await keep(directory, LEFT, sealText(keyOf(key), JSON.stringify(await readLeft(directory, files))))
  await removePrivateDirectory(directory)
}

/** Removes the private directory and what was kept beside it. */
export async function removeBequest(directory: string): Promise<void> {
  await removePrivateDirectory(directory)
  await Promise.all([NOTE, TOLD, LEFT].map((suffix) => rm(directory + suffix, { force: true })))
}

/** The private directories under an owner's directory that left something. */
export async function findBequests(owner: string): Promise<string[]> {
  const names = await readdir(owner).catch(() => [])
  return names.filter((name) => name.endsWith(NOTE)).map((name) => join(owner, name.slice(0, -NOTE.length)))
}

/**
 * Offers what is left under an orphaned owner's directory, and removes it all but what could not be taken now, and for
 * some days what is another's. Those programs must be gone.
 */
export async function bequeath(owner: string, inherit: Inherit | undefined): Promise<void> {
  const kept: string[] = []
  for (const directory of await findBequests(owner)) {
    if (!(await offer(directory, inherit))) kept.push(basename(directory))
  }
  await removeAllBut(owner, kept)
}

/** Removes what lies in an owner's directory but the bequests of these names; the directory too when there are none. */
export async function removeAllBut(owner: string, kept: readonly string[]): Promise<void> {
  if (kept.length === 0) return await removePrivateDirectory(owner)
  for (const name of await readdir(owner)) {
    if (!belongs(name, kept)) await removePrivateDirectory(join(owner, name))
  }
}

/** The same at once, for all that left a note. */
export function removeAllButBequestsNow(owner: string): void {
  const names = existsSync(owner) ? readdirSync(owner) : []
  const kept = names.filter((name) => name.endsWith(NOTE)).map((name) => name.slice(0, -NOTE.length))
  const gone =
    kept.length === 0 ? [owner] : names.filter((name) => !belongs(name, kept)).map((name) => join(owner, name))
  for (const path of gone) rmSync(path, { recursive: true, force: true })
}

function belongs(name: string, kept: readonly string[]): boolean {
  return kept.some((one) => name === one || name.startsWith(`${one}.`))
}

/** @returns whether it is of no use any more */
async function offer(directory: string, inherit: Inherit | undefined): Promise<boolean> {
  const kept = await readFile(directory + NOTE, 'utf8').catch(() => null)
  if (kept === null) return true
  const { note, files } = readNote(kept)
  const open = async (key: string) => {
    const opened = async (suffix: string) => {
      const sealed = await readFile(directory + suffix, 'utf8').catch(() => null)
      return sealed === null ? null : openTold(key, sealed)
    }
    // Before what is sealed of them: whoever seals removes them afterwards.
    const present = await readLeft(directory, files)
    const left = await opened(LEFT)
    return { told: await opened(TOLD), files: left === null ? present : (JSON.parse(left) as Record<string, string>) }
  }
  try {
    if (inherit && (await inherit({ note, open })) === 'taken') return true
  } catch {
    // It is offered again at the next start.
  }
  const { mtimeMs } = await stat(directory + NOTE)
  return Date.now() - mtimeMs > FOREIGN_MS
}

async function readLeft(directory: string, files: readonly string[]): Promise<Record<string, string>> {
  const found = await Promise.all(files.map(async (name) => [name, await readPrivateFile(directory, name)] as const))
  return Object.fromEntries(found.flatMap(([name, content]) => (content ? [[name, content.toString('utf8')]] : [])))
}

async function keep(directory: string, suffix: string, content: string): Promise<void> {
  await writePrivateFile(dirname(directory), basename(directory) + suffix, content)
}

function keyOf(base64: string): Buffer {
  return Buffer.from(base64, 'base64')
}
