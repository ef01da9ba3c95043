// The JSON Schema that editors check providers/*.yaml by. `node … connector-specs/src/providers/write-editor-schema.ts`
// writes it; a test keeps it up to date.
import { fileURLToPath } from 'node:url'
import { providerDeclaration } from '@sluice/oauth'
import { z } from 'zod'

export const EDITOR_SCHEMA_FILE = fileURLToPath(new URL('../../providers/provider.schema.json', import.meta.url))

export function editorSchema(): string {
  const schema = z.toJSONSchema(providerDeclaration, { target: 'draft-7', io: 'input', reused: 'ref' })
  return `${JSON.stringify({ title: 'Sluice provider declaration', ...schema }, null, 2)}\n`
}
