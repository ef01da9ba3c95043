/** What a value must be, reading on from the field's name, as the server's messages do: `must be one of eu, us`. */
export function explainViolation(keyword: string, rule: unknown): string {
  switch (keyword) {
    case 'required':
    case 'dependentRequired':
      return 'is required'
    case 'type':
      return `must be ${[rule]
        .flat()
        .filter((type) => type !== 'null')
        .map(typeName)
        .join(' or ')}`
    case 'enum':
      return `must be one of ${[rule].flat().map(String).join(', ')}`
    case 'const':
      return `must be ${String(rule)}`
    case 'pattern':
      return `must match the pattern ${String(rule)}`
    case 'format':
      return formats[String(rule)] ?? `must be a valid ${String(rule)}`
    case 'minLength':
      return rule === 1 ? 'must not be empty' : `must have at least ${String(rule)} characters`
    case 'maxLength':
      return `must have at most ${String(rule)} characters`
    case 'minimum':
      return `must be ${String(rule)} or more`
    case 'maximum':
      return `must be ${String(rule)} or less`
    case 'exclusiveMinimum':
      return `must be more than ${String(rule)}`
    case 'exclusiveMaximum':
      return `must be less than ${String(rule)}`
    case 'multipleOf':
      return `must be a multiple of ${String(rule)}`
    case 'minItems':
      return `must have at least ${count(rule, 'entry', 'entries')}`
    case 'maxItems':
      return `must have at most ${count(rule, 'entry', 'entries')}`
    case 'minProperties':
      return `must have at least ${count(rule, 'entry', 'entries')}`
    case 'uniqueItems':
      return 'must not have the same entry twice'
    case 'oneOf':
    case 'anyOf':
      return 'must fit one of the choices'
    case 'false':
      return 'is not a known field'
    default:
      return 'is not allowed to have this value'
  }
}

/** The message as a sentence under its field. */
export function violationSentence(message: string): string {
  return `This field ${message}${/[.!?]$/.test(message) ? '' : '.'}`
}

const formats: Partial<Record<string, string>> = {
  date: 'must be a date such as 2026-01-31',
  'date-time': 'must be a date and time such as 2026-01-31T00:00:00Z',
  duration: 'must be a duration such as P1D or PT30M',
  email: 'must be an email address',
  uri: 'must be an address such as https://example.com',
  time: 'must be a time such as 09:30:00Z',
}

function typeName(type: unknown): string {
  if (type === 'integer') return 'a whole number'
  if (type === 'object') return 'a group of settings'
  if (type === 'array') return 'a list'
  if (type === 'boolean') return 'on or off'
  return type === 'string' ? 'a text' : `a ${String(type)}`
}

const count = (number: unknown, one: string, more: string) => `${String(number)} ${number === 1 ? one : more}`
