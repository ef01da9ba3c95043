import type { CompletedCommand, CompletedOption } from './words.ts'

export function zshScript(commands: readonly CompletedCommand[], groups: Record<string, string>): string {
  const alone = commands.filter(({ group }) => group === null)
  const described = [...Object.entries(groups), ...alone.map(({ name, summary }) => [name, summary])].map(
    ([name, help]) => `    ${quoted(`${name}:${help}`)}`,
  )
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
  local command="$words[2] $words[3]" taken=2
  case "$words[2]" in
    ${alone.map(({ name }) => name).join('|')}) command="$words[2]" taken=1 ;;
  esac
  if (( CURRENT == 3 && taken == 2 )); then
    local -a names
    case "$words[2]" in
${Object.keys(groups)
  .map((group) => groupCase(commands, group))
  .join('\n')}
    esac
    _describe 'command' names
    return
  fi
  shift $taken words
  (( CURRENT -= taken ))
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
  return `    ${quoted(group === null ? name : `${group} ${name}`)}) _arguments ${specs.join(' ')} ;;`
}

function argument({ name, help, takes }: CompletedOption): string {
  const value = { nothing: '', file: ':file:_files', value: ':value: ' }[takes]
  return quoted(`*${name}[${help.replace(/[[\]:]/g, (mark) => `\\${mark}`)}]${value}`)
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
