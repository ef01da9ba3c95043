import type { Scope, Template } from '../template/template.ts'
import { usesOf } from './template-uses.ts'

/** Above this many sections not every combination is tried, only each of them alone. */
const MAX_COMBINED = 6

/** A scope with "1" under every name that the template reads: a host label, a number and text at once. */
export function probeScope(template: Template, without: readonly string[] = []): Scope {
  const scope: Record<string, unknown> = Object.create(null)
  for (const name of template.names) {
    const { parent, leaf } = resolve(scope, name)
    parent[leaf] ??= '1'
  }
  for (const name of without) {
    const { parent, leaf } = resolve(scope, name)
    parent[leaf] = false
  }
  return scope
}

/** Scopes that together show every branch of a template: each section taken and not taken. */
export function branchScopes(template: Template): Scope[] {
  const sections = [...new Set(usesOf(template).flatMap(({ kind, name }) => (kind === 'variable' ? [] : [name])))]
  if (sections.length > MAX_COMBINED) {
    const alone = sections.map((name) => sections.filter((other) => other !== name))
    return [[], sections, ...alone].map((without) => probeScope(template, without))
  }
  const combinations = Array.from({ length: 2 ** sections.length }, (_, bits) =>
    sections.filter((_name, index) => (bits >> index) & 1),
  )
  return combinations.map((without) => probeScope(template, without))
}

function resolve(scope: Record<string, unknown>, name: string): { parent: Record<string, unknown>; leaf: string } {
  const path = name.split('.')
  const leaf = path.pop() ?? name
  let parent = scope
  for (const step of path) {
    if (typeof parent[step] !== 'object' || parent[step] === null) parent[step] = Object.create(null)
    parent = parent[step] as Record<string, unknown>
  }
  return { parent, leaf }
}
