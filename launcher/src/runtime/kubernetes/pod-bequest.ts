// What a killed owner's program had rotated lies in its pod, which stays for a while (pod-script.ts): the files of the
// private directory as the program left them, and beside it the owner's note with what was told, sealed. The API server
// keeps nothing of it but the first note, in the Secret that the Job owns.
import { type Bequest, type FoundBequest, type Inherit, openTold, readNote, sealTold, writeNote } from '../bequest.ts'
import { execute, type Pod } from './pod-channel.ts'
import { COMMANDS } from './pod-script.ts'

/** How a pod is asked: `gone` when it does not answer. */
export type PodState = 'unattended' | 'attended' | 'left' | 'gone'

export async function stateOf(pod: Pod): Promise<PodState> {
  const told = await execute(pod, COMMANDS.askForLeft).catch(() => null)
  const state = told?.toString('utf8').trim()
  return state === 'unattended' || state === 'attended' || state === 'left' ? state : 'gone'
}

/** What a running program's owner may do with it. */
export function bequestIn(pod: Pod, bequest: Bequest) {
  const keep = async (name: 'note' | 'told', text: string) => {
    const content = Buffer.from(text)
    if ((await execute(pod, COMMANDS.keep(name, content.length), content)) === null) throw new Error('It was not kept.')
  }
  return {
    keepNote: async (note: string) => await keep('note', writeNote({ ...bequest, note })),
    keepTold: async (config: string) => await keep('told', sealTold(bequest, config)),
  }
}

/** Offers what is left in a pod. @returns whether it is of no use any more */
export async function offerFrom(pod: Pod, inherit: Inherit | undefined): Promise<boolean> {
  const read = async (command: string[]) => (await execute(pod, command))?.toString('utf8') ?? null
  try {
    const kept = await read(COMMANDS.readKept('note'))
    if (!inherit || kept === null) return false
    const { note, files } = readNote(kept)
    const open: FoundBequest['open'] = async (key) => {
      const told = await read(COMMANDS.readKept('told'))
      const left = await Promise.all(files.map(async (name) => [name, await read(COMMANDS.readFile(name))] as const))
      const found = left.flatMap(([name, content]) => (content === null ? [] : [[name, content] as const]))
      return { told: told === null ? null : openTold(key, told), files: Object.fromEntries(found) }
    }
    return (await inherit({ note, open })) === 'taken'
  } catch {
    // It is offered again at the next start, for as long as the pod stays.
    return false
  }
}
