import { readdir } from 'node:fs/promises'
import type { Measurement } from './result.ts'

export interface Group {
  name: string
  description: string
  measure(): Promise<Measurement[]>
}

const FOLDER = new URL('groups/', import.meta.url)

/** Names of the groups: the files of `groups/`. */
export async function groupNames(): Promise<string[]> {
  const files = await readdir(FOLDER)
  return files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => file.slice(0, -'.ts'.length))
    .sort()
}

/** Each file of `groups/` exports `description` and `measure()`. */
export async function loadGroup(name: string): Promise<Group> {
  const module = (await import(new URL(`${name}.ts`, FOLDER).href)) as Omit<Group, 'name'>
  return { name, description: module.description, measure: module.measure }
}
