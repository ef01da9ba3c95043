import type { Terminal } from './terminal.ts'

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_MS = 100

/** Turns a wheel beside the text while the work goes on, where a person sees it. */
export async function spin<T>(text: string, work: Promise<T>, terminal: Terminal): Promise<T> {
  let frame = 0
  const turn = () => terminal.status(`${FRAMES[frame++ % FRAMES.length]} ${text}`)
  const timer = setInterval(turn, FRAME_MS)
  try {
    return await work
  } finally {
    clearInterval(timer)
    terminal.status(null)
  }
}
