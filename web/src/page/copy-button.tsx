import { useState } from 'react'

/** Copies a text; says so on the button itself, also to those who do not see it. */
export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [said, setSaid] = useState<string>()
  const copy = async () => {
    const copied = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    )
    setSaid(copied ? 'Copied' : 'Select the text and copy it')
    setTimeout(() => setSaid(undefined), 2000)
  }
  return (
    <button type="button" className="quiet small" onClick={copy}>
      <span aria-live="polite">{said ?? label}</span>
    </button>
  )
}

/** A text to take along: an id, an address, a command. */
export function CopyBlock({ text, label }: { text: string; label: string }) {
  return (
    <div className="copy-block">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it must be reachable by keyboard */}
      <pre tabIndex={0}>
        <span className="visually-hidden">{label}: </span>
        <code>{text}</code>
      </pre>
      <CopyButton text={text} />
    </div>
  )
}
