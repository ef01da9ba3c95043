import type { CompletedCommand } from './words.ts'

/** For bash 4 and later; nothing of it starts `sluice`, so a Tab costs nothing. */
export function bashScript(commands: readonly CompletedCommand[]): string {
  const groups = [...new Set(commands.flatMap(({ group }) => group ?? []))]
  const alone = commands.filter(({ group }) => group === null).map(({ name }) => name)
  return `# bash completion for sluice. In ~/.bashrc: source <(sluice completion bash)
_sluice() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} words="" files=""
  local command="\${COMP_WORDS[1]} \${COMP_WORDS[2]}"
  case "\${COMP_WORDS[1]}" in ${alone.join('|')}) command="\${COMP_WORDS[1]}" ;; esac
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${[...groups, ...alone].join(' ')} --help --version"
  elif [ "$COMP_CWORD" -eq 2 ] && [ "$command" != "\${COMP_WORDS[1]}" ]; then
    case "\${COMP_WORDS[1]}" in
${groups.map((group) => `      ${group}) words="${namesIn(commands, group).join(' ')} --help" ;;`).join('\n')}
    esac
  else
    case "$command" in
${commands.map(commandCase).join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  if [ -n "$files" ]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r found; do COMPREPLY+=("$found"); done < <(compgen -f -- "$word")
  fi
}
complete -F _sluice sluice
`
}

function commandCase({ group, name, options, takes_files }: CompletedCommand): string {
  const named = (takes: string) => options.filter((option) => option.takes === takes).map((option) => option.name)
  const after = [
    ...(named('file').length > 0 ? [`          ${named('file').join('|')}) files=yes ;;`] : []),
    ...(named('value').length > 0 ? [`          ${named('value').join('|')}) ;;`] : []),
    `          *) words="${[...options.map((option) => option.name), '--help'].join(' ')}"${takes_files ? ' files=yes' : ''} ;;`,
  ]
  return `      "${group === null ? name : `${group} ${name}`}")\n        case "$before" in\n${after.join('\n')}\n        esac ;;`
}

function namesIn(commands: readonly CompletedCommand[], wanted: string): string[] {
  return commands.filter(({ group }) => group === wanted).map(({ name }) => name)
}
