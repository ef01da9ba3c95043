import type { Compilation } from '../compilation.ts'
import { formatJsonPointer, type JsonPointer } from '../json-pointer.ts'
import type { ResponseMapping } from '../plan.ts'
import { parseTemplate } from '../template/parse-template.ts'
import type { OutputPath } from './airbyte-oauth.ts'
import type { ConnectorInput, Located } from './connector-specification.ts'

const DEFAULT_EXPIRY_KEY = 'expires_in'
const EXPIRY_DATE = 'token_expiry_date'

/** One value taken out of the provider's reply, under its last step's name. */
interface Extract {
  key: string
  pointer: JsonPointer
}

/**
 * Compiles what the flow yields: `extract_output`, or else each output's `path_in_oauth_response`, or else
 * `refresh_token`. The expiry key (`expires_in`) also gives `token_expiry_date`, the instant when the token expires.
 */
export function compileExtractOutput(
  compilation: Compilation,
  { value: input, pointer }: Located<ConnectorInput>,
  output: OutputPath[],
): ResponseMapping[] {
  const expiry_key = input.token_expiry_key ?? DEFAULT_EXPIRY_KEY
  const map = new Map<string, ResponseMapping>()
  const place = `${pointer}/extract_output`
  for (const { key, pointer } of readExtracts(compilation, input, place, output)) {
    if (key === expiry_key) map.set(EXPIRY_DATE, expiryDate(compilation, place, pointer))
    // An output `token_expiry_date` that points to `expires_in` wants the instant.
    if (key !== EXPIRY_DATE || !map.has(key))
      map.set(key, { key, from: 'pointer', pointer, required: true, as: 'text' })
  }
  return [...map.values()]
}

function readExtracts(
  compilation: Compilation,
  input: ConnectorInput,
  pointer: string,
  output: OutputPath[],
): Extract[] {
  if (input.extract_output !== undefined) {
    return input.extract_output.flatMap((written, index) => {
      const path = parsePath(written)
      if (path !== null) return [{ key: path.at(-1) ?? written, pointer: path }]
      const place = `${pointer}${formatJsonPointer([index])}`
      compilation.refuse(place, 'json_path', 'is not a plain JSON path such as data.access_token')
      return []
    })
  }
  const placed = output.flatMap(({ name, path_in_oauth_response: path }) => {
    if (path === null) return []
    const last = path.at(-1) ?? name
    // Airbyte drops a value whose last step is not the output's name; it is meant to arrive under that name.
    const own = { key: name, pointer: path }
    return last === name || name === EXPIRY_DATE ? [{ key: last, pointer: path }] : [{ key: last, pointer: path }, own]
  })
  return placed.length > 0 ? placed : [{ key: 'refresh_token', pointer: ['refresh_token'] }]
}

const STEP = /\.?([^.[\]'"*?@$]+)|\[(?:'([^']*)'|"([^"]*)"|(\d+))\]/y

/** A JSON path of plain steps: `access_token`, `$.data.access_token`, `data['access_token']`, `tokens[0].value`. */
function parsePath(written: string): JsonPointer | null {
  const text = written.replace(/^\$(?=[.[])/, '')
  const steps: string[] = []
  STEP.lastIndex = 0
  while (STEP.lastIndex < text.length) {
    const match = STEP.exec(text)
    const step = match?.slice(1).find((group) => group !== undefined)
    if (step === undefined || step === '__proto__') return null
    steps.push(step)
  }
  return steps.length === 0 || steps.length > 64 ? null : steps
}

function expiryDate(compilation: Compilation, place: string, pointer: JsonPointer): ResponseMapping {
  if (!pointer.every((step) => /^[\w-]+$/.test(step))) {
    compilation.refuse(place, 'json_path', 'names an expiry that no template can read')
  }
  return {
    key: EXPIRY_DATE,
    from: 'template',
    template: parseTemplate(`{{#now_plus}}{{{${pointer.join('.')}}}}{{/now_plus}}`),
  }
}
