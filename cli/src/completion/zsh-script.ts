import type { CompletedCommand, CompletedOption } from './words.ts'

export function zshScript(commands: readonly CompletedCommand[], groups: Record<string, string>): string {
  const described = Object.entries(groups).map(([name, help]) => `    ${quoted(`${name}:${help}`)}`)
  return `#compdef sluice
# zsh completion for sluice. In a directory of $fpath: sluice completion zsh > _sluice
_sluice() {
  local -a groups
  groups=(
${described.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' groups
    return
  fi
  if (( CURRENT == 3 )); then
    local -a names
    case "$words[2]" in
${Object.keys(groups)
  .map((group) => groupCase(commands, group))
  .join('\n')}
    esac
    _describe 'command' names
    return
  fi
  local command="$words[2] $words[3]"
  shift 2 words
  (( CURRENT -= 2 ))
  case "$command" in
${commands.map(commandCase).join('\n')}
  esac
}
compdef _sluice sluice
`
}

function groupCase(commands: readonly CompletedCommand[], wanted: string): string {
  const names = commands
    .filter(({ group }) => group === wanted)
    .map(({ name, summary }) => quoted(`${name}:${summary}`))
  return `      ${wanted}) names=(${names.join(' ')}) ;;`
}

function commandCase({ group, name, options, takes_files }: CompletedCommand): string {
  const specs = [...options.map(argument), ...(takes_files ? ["'*:file:_files'"] : [])]
  return `    ${quoted(`${group} ${name}`)}) _arguments ${specs.join(' ')} ;;`
}

function argument({ name, help, takes }: CompletedOption): string {
  const value = { nothing: '', file: ':file:_files', value: ':value: ' }[takes]
  return quoted(`*${name}[${help.replace(/[[\]:]/g, (mark) => `\\${mark}`)}]${value}`)
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
