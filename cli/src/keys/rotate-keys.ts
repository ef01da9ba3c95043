import { setTimeout as delay } from 'node:timers/promises'
import { type components, dataOf, type SluiceClient } from '@sluice/client'
import { printableJson } from '../printable.ts'
import { progressBar } from '../progress-bar.ts'
import { openServer } from '../server/open-server.ts'
import type { Terminal } from '../terminal.ts'

type KeyRotation = components['schemas']['KeyRotation']

const LOOK_MS = 500

interface RotateOptions {
  profile: string | undefined
  server: string | undefined
  wait: boolean
  json: boolean
  quiet: boolean
}

/** Starts a rotation, or joins the one that runs, and tells how far it is until it ends. Ctrl-C leaves it running. */
export async function rotateKeys(options: RotateOptions, terminal: Terminal): Promise<void> {
  const client = openServer(options, terminal)
  let rotation = await dataOf(client.POST('/v1/keys:rotate'))
  let told = ''
  while (options.wait && rotation.status === 'running') {
    const line = progressOf(rotation)
    if (terminal.is_watched) terminal.status(`${progressBar(shareOf(rotation))} ${line}`)
    else if (line !== told) terminal.note(line)
    told = line
    await delay(LOOK_MS, undefined, { signal: terminal.signal }).catch(() => terminal.signal.throwIfAborted())
    rotation = (await rotationOf(client)) ?? rotation
  }
  terminal.status(null)
  if (options.json) await terminal.print(printableJson(rotation))
  else await terminal.print(options.quiet ? rotation.id : conclusionOf(rotation))
}

async function rotationOf(client: SluiceClient): Promise<KeyRotation | null> {
  return (await dataOf(client.GET('/v1/keys'))).rotation
}

function shareOf({ rows_resealed, rows_total }: KeyRotation): number {
  return rows_total === 0 ? 0 : rows_resealed / rows_total
}

function progressOf({ data_keys_rewrapped, rows_resealed, rows_total, error_code }: KeyRotation): string {
  const share = rows_total === 0 ? '' : ` (${Math.floor((100 * rows_resealed) / rows_total)} %)`
  const trouble = error_code === null ? '' : `; the last attempt stopped: ${error_code}`
  return `${data_keys_rewrapped} data keys wrapped anew, ${rows_resealed} of ${rows_total} values sealed anew${share}${trouble}`
}

function conclusionOf(rotation: KeyRotation): string {
  if (rotation.status === 'running') return `The rotation ${rotation.id} is running.`
  const damaged = rotation.error_code === null ? '' : ' Some values do not open and keep their key: see the server log.'
  return `The keys are rotated: ${progressOf({ ...rotation, error_code: null })}.${damaged}`
}
