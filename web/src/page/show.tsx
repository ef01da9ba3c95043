import type { ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import '../styles/index.css'

/** Puts a page into its HTML file. */
export function show(page: ReactNode): void {
  const root = document.getElementById('root')
  if (root === null) throw new Error('The HTML file has no element with the id root.')
  createRoot(root).render(page)
}
