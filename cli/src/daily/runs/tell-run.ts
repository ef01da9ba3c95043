import { printable } from '../../printable.ts'
import { progressBar } from '../../progress-bar.ts'
import type { Terminal } from '../../terminal.ts'
import type { RunNews } from './follow-run.ts'

/** Tells a run's news on stderr: steps and logs as lines, progress as a bar where a person sees it. */
export function runTeller({ max_documents }: { max_documents: number | null }, terminal: Terminal) {
  const began = performance.now()
  return ({ type, data }: RunNews): void => {
    if (type === 'step' && data.status !== 'running') {
      const style = data.status === 'succeeded' ? 'green' : 'red'
      terminal.note(`${terminal.paint(style, String(data.status))} ${data.operation} in ${data.duration_ms} ms`)
    }
    if (type === 'log' && (data.level === 'error' || data.level === 'warn')) {
      terminal.tell(`${terminal.paint('yellow', data.level)} ${printable(String(data.message))}`)
    }
    if (type === 'rotation') terminal.note(`${data.outcome} new credentials: ${printable(String(data.message))}`)
    if (type === 'progress') {
      const documents = Number(data.documents)
      const seconds = (performance.now() - began) / 1000
      const figures = `${documents} documents, ${megabytes(Number(data.bytes))} MB, ${Math.round(documents / seconds)}/s`
      terminal.status(max_documents === null ? figures : `${progressBar(documents / max_documents)} ${figures}`)
    }
  }
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1)
