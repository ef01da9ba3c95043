import { writeFile } from 'node:fs/promises'
import { EDITOR_SCHEMA_FILE, editorSchema } from './editor-schema.ts'

await writeFile(EDITOR_SCHEMA_FILE, editorSchema())
