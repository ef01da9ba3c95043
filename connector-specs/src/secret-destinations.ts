// Which fields of a config say where its secrets are sent. Whoever may change such a field, but not read the secrets, could
// have them sent to a host of their own. A false alarm costs little (the secret is asked for again), so what is doubtful
// counts.
import { configInAddresses, type JsonObject, type JsonValue } from '@sluice/oauth'
import type { ConnectorOAuth } from './connector-oauth.ts'
import { followRef } from './discriminator.ts'
import { escapeToken } from './json-pointer.ts'
import { inPlace, itemSchemas, propertySchemas } from './schemas-of-values.ts'
import { isSecret } from './secret-pointers.ts'

/** A schema's own word: true makes a field a destination whatever it is called, false says that it is none. */
export const DESTINATION_MARK = 'x-secret-destination'

/** Formats of JSON Schema (2020-12 §7.3.3–7.3.5) whose values name hosts. */
const FORMATS = new Set([
  ...['hostname', 'idn-hostname', 'ipv4', 'ipv6'],
  ...['uri', 'uri-reference', 'uri-template', 'url', 'iri', 'iri-reference'],
])

/** How names end, in the singular: `api_host`, `baseServer`. */
const LAST_WORDS = new Set([
  ...['host', 'hostname', 'ip', 'port', 'server', 'address', 'endpoint', 'origin', 'authority'],
  ...['url', 'uri', 'dsn', 'connection_string', 'jdbc_params', 'url_params', 'cloud_id'],
  ...['domain', 'subdomain', 'site', 'shop', 'store', 'instance', 'account', 'workspace'],
  ...['proxy', 'tunnel', 'gateway', 'broker', 'bootstrap', 'namenode', 'cluster', 'registry', 'webhook'],
])

/** Ends of names that are written in one: `baseurl`, `dbhost`. */
const ENDINGS = ['url', 'uri', 'host', 'hostname', 'server', 'endpoint', 'domain']

/** The values of a config that say where its secrets are sent, by their pointers. Fields that are empty are left out. */
export function secretDestinations(
  schema: JsonObject,
  oauth: ConnectorOAuth | null,
  config: JsonObject,
): Map<string, JsonValue> {
  const found = new Map<string, JsonValue>()
  const addresses = new Set(oauth === null ? [] : fieldsOfAddresses(oauth).map(pointerOf))
  walk({ root: schema, addresses, found }, config, { pointer: '', direct: [schema], name: '', within: false })
  return found
}

/** The pointers at which another destination stands than before. */
export function movedDestinations(
  schema: JsonObject,
  oauth: ConnectorOAuth | null,
  { earlier, config }: { earlier: JsonObject; config: JsonObject },
): string[] {
  const before = secretDestinations(schema, oauth, earlier)
  const after = secretDestinations(schema, oauth, config)
  return [...new Set([...before.keys(), ...after.keys()])].filter((at) => before.get(at) !== after.get(at))
}

interface Search {
  root: JsonObject
  /** Pointers to the fields that the OAuth spec's addresses are made from. */
  addresses: ReadonlySet<string>
  found: Map<string, JsonValue>
}

interface Place {
  pointer: string
  /** What the schema says of this very value, before its `oneOf`s. */
  direct: JsonObject[]
  /** Of the property; entries of a list have their list's. */
  name: string
  /** Below a field that is a destination. */
  within: boolean
}

function walk(search: Search, value: JsonValue | undefined, { pointer, direct, name, within }: Place): void {
  if (value === undefined || value === null || value === '' || typeof value === 'boolean') return
  const applying = inPlace(search.root, direct)
  const marks = applying.map((schema) => schema[DESTINATION_MARK])
  const inAddress = search.addresses.has(pointer)
  const own = marks.includes(true) || inAddress || (!marks.includes(false) && looksLikeOne(applying, name))
  const decides = own || (within && !marks.includes(false))
  if (typeof value !== 'object') {
    // A secret that only lies beside a host is none; one that is a connection string is.
    const isDestination = own || (decides && !applying.some(isSecret))
    if (isDestination && !isChosenFromList(search.root, direct)) search.found.set(pointer, value)
    return
  }
  for (const [key, item] of Object.entries(value)) {
    const isList = Array.isArray(value)
    walk(search, item, {
      pointer: `${pointer}/${escapeToken(key)}`,
      direct: applying.flatMap((schema) => (isList ? itemSchemas(schema, Number(key)) : propertySchemas(schema, key))),
      name: isList ? name : key,
      within: decides,
    })
  }
}

function looksLikeOne(applying: JsonObject[], name: string): boolean {
  return applying.some(({ format }) => typeof format === 'string' && FORMATS.has(format)) || soundsLikeOne(name)
}

function soundsLikeOne(name: string): boolean {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
  const last = singular(words.at(-1) ?? '')
  return (
    LAST_WORDS.has(last) || LAST_WORDS.has(words.slice(-2).join('_')) || ENDINGS.some((ending) => last.endsWith(ending))
  )
}

const singular = (word: string) => word.replace(/(?<=ss)es$|(?<!s)s$/, '')

/** A field that takes listed values only can name no host of the sender's: whoever wrote the connector chose them. */
function isChosenFromList(root: JsonObject, direct: JsonObject[]): boolean {
  const lists = ({ enum: listed, const: constant }: JsonObject) => Array.isArray(listed) || constant !== undefined
  return direct.length > 0 && direct.every((schema) => lists(followRef(root, schema)))
}

function fieldsOfAddresses({ plan, airbyte }: ConnectorOAuth): string[][] {
  const inputs = new Map(airbyte?.user_input.map(({ name, path }) => [name, path]))
  return configInAddresses(plan).map((steps) => inputs.get(steps.join('.')) ?? steps)
}

const pointerOf = (steps: string[]) => steps.map((step) => `/${escapeToken(step)}`).join('')
