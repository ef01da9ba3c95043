// Secrets that come back masked stay as they are, but nobody who may not read them has them sent to another host that way.
import {
  compileSchema,
  MASK,
  movedDestinations,
  personSchema,
  readPointer,
  secretPointers,
  writePointer,
} from '@sluice/connector-specs'
import type { JsonObject } from '@sluice/oauth'
import type { DescribedConnector } from '../connectors/connector-catalogue.ts'
import { Problem, type Violation } from '../http/problem.ts'

export interface UnmaskedConfig {
  config: JsonObject
  /** Pointers to the secrets that were kept. */
  kept: string[]
}

/**
 * The config with its masked secrets put back from the one that stands.
 *
 * @throws Problem 422 `nothing_masked`: one that never was there cannot be kept
 */
export function keepMasked(schema: JsonObject, sent: JsonObject, standing: JsonObject): UnmaskedConfig {
  if (!JSON.stringify(sent).includes(MASK)) return { config: sent, kept: [] }
  const config = structuredClone(sent)
  const kept = secretPointers(schema, config).filter((pointer) => readPointer(config, pointer) === MASK)
  for (const pointer of kept) {
    const value = readPointer(standing, pointer)
    if (value === undefined) {
      throw new Problem(422, 'nothing_masked', `There is no secret at ${pointer} that could stay: send its value.`, {
        errors: [
          { pointer: `/config${pointer}`, rule: 'mask', message: 'must be filled in: there is nothing to keep' },
        ],
      })
    }
    writePointer(config, pointer, value)
  }
  return { config, kept }
}

interface Change {
  standing: JsonObject
  config: JsonObject
  /** Pointers to the secrets that were kept masked. */
  kept: string[]
  /** The connection's grant is kept. */
  keeps_grant?: boolean
  /** A caller of the API, who could use a key that reads credentials; else the person on the connect page. */
  by: 'caller' | 'person'
}

/**
 * For senders who may not read the secrets.
 *
 * @throws Problem 422 `secret_destination_changed`, naming what says where secrets are sent, and the secrets to send again
 */
export function requireSameDestinations({ spec, oauth }: DescribedConnector, change: Change): void {
  const { kept, keeps_grant = false, by } = change
  if (kept.length === 0 && !keeps_grant) return
  const { withDefaults } = compileSchema(personSchema(spec.config_schema, oauth))
  const [earlier, config] = [withDefaults(change.standing), withDefaults(change.config)]
  const moved = movedDestinations(spec.config_schema, oauth, { earlier, config })
  if (moved.length === 0) return
  const errors: Violation[] = [
    ...moved.map((pointer) => violation(pointer, 'says where secrets are sent')),
    ...kept.map((pointer) => violation(pointer, 'must be filled in again: where it is sent was changed')),
  ]
  throw new Problem(422, 'secret_destination_changed', sentence({ moved, kept, keeps_grant, by }), { errors })
}

function violation(pointer: string, message: string): Violation {
  return { pointer: `/config${pointer}`, rule: 'secret_destination', message }
}

function sentence({ moved, kept, keeps_grant, by }: Pick<Change, 'kept' | 'keeps_grant' | 'by'> & { moved: string[] }) {
  const change = `${moved.join(', ')} ${moved.length === 1 ? 'says' : 'say'} where secrets are sent`
  if (by === 'person') return `${change}: fill in ${kept.join(', ')} again.`
  const ways = [
    ...(kept.length > 0 ? [`send ${kept.join(', ')} again instead of masked`] : []),
    ...(keeps_grant ? ['have the person authorize again by a connect session'] : []),
  ]
  return `${change}: ${ways.join(' and ')}, or use a key with the scope credentials:read.`
}
