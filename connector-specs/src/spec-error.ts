export type SpecErrorCode =
  | 'file_not_found'
  | 'invalid_yaml'
  | 'invalid_flow_source'
  | 'invalid_config_file'
  | 'invalid_oauth_client'
  | 'unknown_task'
  | 'unsupported_endpoint'
  | 'invalid_connector_spec'
  | 'invalid_schema'
  | 'invalid_provider'

/** A connector's declaration (flow.yaml, spec, config schema) that cannot be used. */
export class SpecError extends Error {
  override readonly name = 'SpecError'
  readonly code: SpecErrorCode
  /** `file:line:column` where the fault lies, `file` when no line is known, null when it is in no file. */
  readonly place: string | null

  /** @param sentence what is wrong and what to do next; the place is put before it in `message`. */
  constructor(code: SpecErrorCode, sentence: string, options: { place?: string | null; cause?: unknown } = {}) {
    const place = options.place ?? null
    super(place ? `${place}: ${sentence}` : sentence, { cause: options.cause })
    this.code = code
    this.place = place
  }
}
