import { invalidSpec } from '../invalid-spec.ts'
import { formatJsonPointer } from '../json-pointer.ts'
import { type ProviderDeclaration, providerDeclaration } from './declaration.ts'

/** @throws OAuthError `invalid_spec` with every word that is outside the vocabulary or has another value than it may. */
export function readDeclaration(declaration: unknown): ProviderDeclaration {
  const parsed = providerDeclaration.safeParse(declaration)
  if (parsed.success) return parsed.data
  throw invalidSpec(
    parsed.error.issues.map(({ path, code, message }) => ({ pointer: formatJsonPointer(path), rule: code, message })),
  )
}
