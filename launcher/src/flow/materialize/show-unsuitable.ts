import { ConnectorError } from '../../connector-error.ts'
import type { Launch } from '../../launch.ts'
import { escapeControls } from '../../printable.ts'
import { createRedactor } from '../../redactor.ts'

/** An `unsuitable` names fields and reasons in the connector's and the schema's words: the same as it may be shown. */
export function showUnsuitable(error: unknown, { secrets }: Launch): unknown {
  if (!(error instanceof ConnectorError) || error.code !== 'unsuitable') return error
  return new ConnectorError(error.code, escapeControls(createRedactor(secrets).redact(error.message)))
}
