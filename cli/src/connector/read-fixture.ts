// Fixtures: documents for a destination, as lines of ours or as flowctl has them.
import { isJsonObject, type JsonObject, type JsonValue } from '@sluice/connector-specs'
import type { FixtureDocument, FixtureTransaction } from '@sluice/launcher'
import { parse as parseYaml } from 'yaml'
import { CliError } from '../cli-error.ts'

export interface FixtureFile {
  state: JsonObject
  transactions: FixtureTransaction[]
}

/**
 * `["collection", {document}]` lines, as `raw capture` prints them, with `{"commit": true}` where a transaction ends; or
 * flowctl's YAML: `checkpoint` and `transactions`, a list of `{collection: [[exists, document], …]}`.
 *
 * @throws CliError `source` with the place
 */
export function readFixture(path: string, text: string, collections: readonly string[]): FixtureFile {
  const whole = /^\s*["'[]/.test(text) ? null : yamlOf(text)
  if (isJsonObject(whole) && Array.isArray(whole.transactions)) return readFlowctl(path, whole, collections)
  return { state: {}, transactions: readLines(path, text, collections) }
}

function readLines(path: string, text: string, collections: readonly string[]): FixtureTransaction[] {
  const transactions: FixtureTransaction[] = []
  let documents: FixtureDocument[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const value = jsonOf(line)
    if (isJsonObject(value) && value.commit === true) {
      transactions.push({ documents, committed: true })
      documents = []
      continue
    }
    const [name, document] = Array.isArray(value) ? value : []
    const place = `${path}:${index + 1}`
    if (typeof name !== 'string' || !isJsonObject(document)) {
      throw fault(`${place}: This is no line of a fixture.`, 'Write ["collection", {document}] or {"commit": true}.')
    }
    documents.push({ binding: bindingOf(place, name, collections), document })
  }
  return documents.length > 0 ? [...transactions, { documents, committed: false }] : transactions
}

function readFlowctl(
  path: string,
  { checkpoint, transactions }: JsonObject,
  collections: readonly string[],
): FixtureFile {
  const state = isJsonObject(checkpoint) ? checkpoint : {}
  const read = (transaction: JsonValue, round: number): FixtureTransaction => {
    const place = `${path}: transactions.${round}`
    if (!isJsonObject(transaction)) throw fault(`${place}: This is no transaction.`, WANTED)
    const documents = Object.entries(transaction).flatMap(([name, entries = null]) => {
      const binding = bindingOf(place, name, collections)
      if (!Array.isArray(entries)) throw fault(`${place}.${name}: This is no list of documents.`, WANTED)
      return entries.map((entry) => {
        const [exists, document] = Array.isArray(entry) ? entry : []
        if (typeof exists === 'boolean' && isJsonObject(document)) return { binding, document, exists }
        throw fault(`${place}.${name}: This is no document.`, WANTED)
      })
    })
    return { documents, committed: true }
  }
  return { state, transactions: (transactions as JsonValue[]).map(read) }
}

const WANTED = 'Write {collection: [[exists, {document}], …]}.'

function bindingOf(place: string, name: string, collections: readonly string[]): number {
  const binding = collections.indexOf(name)
  if (binding >= 0) return binding
  throw fault(`${place}: No binding takes the collection ${name}.`, `There are: ${collections.join(', ') || 'none'}.`)
}

function fault(message: string, next_action: string): CliError {
  return new CliError('source', message, { next_action })
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}

function yamlOf(text: string): unknown {
  try {
    return parseYaml(text)
  } catch {
    return null
  }
}
