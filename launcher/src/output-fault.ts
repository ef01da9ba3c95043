import type { ConnectorErrorCode } from './connector-error.ts'

/** Output that breaks the protocol. `sentence` follows the connector's name; a `line` is shown with it. */
export class OutputFault extends Error {
  readonly code: ConnectorErrorCode
  readonly sentence: string
  readonly line: Buffer | null

  constructor(
    sentence: string,
    { code = 'protocol', line = null }: { code?: ConnectorErrorCode; line?: Buffer | null } = {},
  ) {
    super(sentence)
    this.code = code
    this.sentence = sentence
    this.line = line
  }
}
