// Statements of the hot paths are built and compiled once, not by every request.
import type { CompiledQuery, Kysely } from 'kysely'
import type { Database } from './schema.ts'

/** Stands for a parameter that is given when the statement is executed. */
class Slot {}

interface Compilable {
  compile(db: Kysely<Database>): CompiledQuery
}

/**
 * @param build builds the statement with something that stands for each of `names`, to be used as a parameter
 * @returns executes it with the parameters' values, on the handle that it was compiled for
 */
export function compiledOnce<Name extends string, Row>(
  db: Kysely<Database>,
  names: readonly Name[],
  build: (parameters: Record<Name, unknown>) => Compilable,
): (values: Record<Name, unknown>) => Promise<Row[]> {
  let compiled: CompiledQuery | undefined
  const slots = Object.fromEntries(names.map((name) => [name, new Slot()])) as Record<Name, Slot>
  const nameOf = new Map<unknown, Name>(names.map((name) => [slots[name], name]))
  return async (values) => {
    compiled ??= build(slots).compile(db)
    const parameters = compiled.parameters.map((parameter) => {
      const name = nameOf.get(parameter)
      return name === undefined ? parameter : values[name]
    })
    // The rows are of the shape that whoever wrote the statement says.
    const { rows } = await db.executeQuery({ ...compiled, parameters })
    return rows as Row[]
  }
}
