import type { Run } from '@sluice/client'

type Step = Run['steps'][number]
type Operation = Step['operation']

const explanations: Record<Operation, string> = {
  spec: 'Ask the connector what it needs',
  check: 'Try the settings',
  discover: 'See which collections there are',
  validate: 'Check that the settings work',
  capture: 'Read the documents',
  write: 'Pipe the documents into the target',
}
const expected: Record<Run['operation'], Operation[]> = {
  spec: ['spec'],
  discover: ['discover'],
  check: ['check'],
  validate: ['discover', 'validate'],
  capture: ['discover', 'validate', 'capture'],
  read: ['discover', 'validate', 'capture'],
  write: ['discover', 'validate', 'write'],
  preview: ['spec', 'discover', 'validate', 'capture'],
}

/** The steps of a run in their order, those still to come included. */
export function RunSteps({ run }: { run: Run }) {
  const started = new Map(run.steps.map((step) => [step.operation, step]))
  const operations = [...new Set([...run.steps.map(({ operation }) => operation), ...expected[run.operation]])]
  return (
    <ol className="steps" aria-label="Steps">
      {operations.map((operation) => (
        <RunStep key={operation} operation={operation} step={started.get(operation)} />
      ))}
    </ol>
  )
}

function RunStep({ operation, step }: { operation: Operation; step: Step | undefined }) {
  const status = step?.status ?? 'waiting'
  return (
    <li className={`step ${status}`} data-step={operation} data-status={status}>
      <span className="step-sign" aria-hidden="true" />
      <span className="step-name">
        <code>{operation}</code> <span className="muted">{explanations[operation]}</span>
        <span className="visually-hidden">: {status}</span>
      </span>
      <span className="step-end">
        {summary(step)}
        {step?.duration_ms != null && <span className="step-time">{duration(step.duration_ms)}</span>}
      </span>
      {step?.result && (
        <details>
          <summary>Result</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it must be reachable by keyboard */}
          <pre tabIndex={0}>{JSON.stringify(step.result, null, 2)}</pre>
        </details>
      )}
    </li>
  )
}

function summary(step: Step | undefined): string | null {
  const { bindings, documents } = step?.result ?? {}
  if (step?.operation === 'discover' && Array.isArray(bindings)) return counted(bindings.length, 'collection')
  return typeof documents === 'number' ? counted(documents, 'document') : null
}

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`

export function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`
}
