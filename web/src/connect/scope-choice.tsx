import type { ConnectLink } from '@sluice/client'

type Scope = ConnectLink['scopes']['optional'][number]

interface ScopeChoiceProps {
  provider: string
  scopes: ConnectLink['scopes']
  chosen: readonly string[]
  disabled: boolean
  onChoose: (chosen: string[]) => void
}

/** What the provider is asked for, and of that what the person may leave out. */
export function ScopeChoice({ provider, scopes, chosen, disabled, onChoose }: ScopeChoiceProps) {
  const { required, optional } = scopes
  if (optional.length === 0) return null
  const choose = (scope: string, ticked: boolean) =>
    onChoose(optional.map((one) => one.scope).filter((one) => (one === scope ? ticked : chosen.includes(one))))
  return (
    <fieldset className="group scope-choice" disabled={disabled}>
      <legend>What {provider} is asked for</legend>
      <p className="description">Leave out what you do not want to allow.</p>
      {required.map((one) => (
        <label key={one.scope} className="check">
          <input type="checkbox" checked disabled />
          <ScopeWords scope={one} isNeeded />
        </label>
      ))}
      {optional.map((one) => (
        <label key={one.scope} className="check">
          <input
            type="checkbox"
            checked={chosen.includes(one.scope)}
            onChange={(event) => choose(one.scope, event.target.checked)}
          />
          <ScopeWords scope={one} />
        </label>
      ))}
    </fieldset>
  )
}

/** The declaration's words, with the scope's own name below; else the name alone. */
function ScopeWords({ scope: { scope, meaning }, isNeeded = false }: { scope: Scope; isNeeded?: boolean }) {
  return (
    <span>
      {meaning ?? <code>{scope}</code>}
      {isNeeded && <span className="optional"> needed</span>}
      {meaning !== null && <code className="scope-name">{scope}</code>}
    </span>
  )
}
