/** A test, a suite, or whatever else has an end. */
export interface Deferring {
  after(undo: () => Promise<void>): unknown
}

const stacks = new WeakMap<Deferring, AsyncDisposableStack>()

/** Runs `undo` after the test, in the reverse order of the calls: node's own hooks run first come, first served. */
export function defer(t: Deferring, undo: () => unknown): void {
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
