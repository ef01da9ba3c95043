import type { TestContext } from 'node:test'

type Test = Pick<TestContext, 'after'>

const stacks = new WeakMap<Test, AsyncDisposableStack>()

/** Runs `undo` after the test, in the reverse order of the calls: node's own hooks run first come, first served. */
export function defer(t: Test, undo: () => unknown): void {
  let stack = stacks.get(t)
  if (stack === undefined) {
    const created = new AsyncDisposableStack()
    stacks.set(t, created)
    t.after(() => created.disposeAsync())
    stack = created
  }
  stack.defer(async () => {
    await undo()
  })
}
