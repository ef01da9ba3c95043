// How a read becomes one tenant's: a condition that sets the tenant before any row is looked at.
//
// The condition names no column, so Postgres checks it once, above everything that the query reads ("One-Time Filter"),
// and row-level security compares with what it set. Where a plan did otherwise, the setting would be missing and no row
// visible: the mistake would hide rows, never show them.
import {
  AndNode,
  type CompiledQuery,
  type OperationNode,
  ParensNode,
  PostgresQueryCompiler,
  type QueryId,
  type RootOperationNode,
  SelectQueryNode,
  sql,
  ValueNode,
  WhereNode,
} from 'kysely'

export const tenantGate = (tenantId: string) =>
  sql<boolean>`(select set_config('sluice.tenant_id', ${tenantId}, true)) is not null`

/** Compiles for one tenant: plain reads carry the gate. */
export class TenantQueryCompiler extends PostgresQueryCompiler {
  readonly #gate: OperationNode

  constructor(tenantId: string) {
    super()
    this.#gate = tenantGate(tenantId).toOperationNode()
  }

  override compileQuery(node: RootOperationNode, queryId: QueryId): CompiledQuery {
    return super.compileQuery(isPlainRead(node) ? behind(this.#gate, node) : node, queryId)
  }
}

/**
 * Whether the gate would stand above all that a query reads: not where parts run side by side (`union`), on their own
 * (`with`), or before the rest (a computed `limit`).
 */
export function isPlainRead(node: OperationNode): node is SelectQueryNode {
  if (!SelectQueryNode.is(node) || node.from === undefined) return false
  if (node.with !== undefined || node.setOperations !== undefined || node.explain !== undefined) return false
  return isPlainValue(node.limit?.limit) && isPlainValue(node.offset?.offset)
}

function isPlainValue(node: OperationNode | undefined): boolean {
  return node === undefined || ValueNode.is(node)
}

function behind(gate: OperationNode, node: SelectQueryNode): SelectQueryNode {
  const where = node.where === undefined ? gate : AndNode.create(gate, ParensNode.create(node.where.where))
  return { ...node, where: WhereNode.create(where) }
}
