import type { CompletedCommand, CompletedOption } from './words.ts'

export function fishScript(commands: readonly CompletedCommand[], groups: Record<string, string>): string {
  const lines = [
    '# fish completion for sluice. Into ~/.config/fish/completions/sluice.fish: sluice completion fish',
    'complete -c sluice -f',
    ...Object.entries(groups).map(
      ([name, help]) => `complete -c sluice -n __fish_use_subcommand -a ${name} -d ${quoted(help)}`,
    ),
    ...commands.flatMap((command) => commandLines(command, commands)),
  ]
  return `${lines.join('\n')}\n`
}

function commandLines(
  { group, name, summary, options, takes_files }: CompletedCommand,
  all: readonly CompletedCommand[],
) {
  if (group === null) {
    const chosen = `__fish_seen_subcommand_from ${name}`
    return [
      `complete -c sluice -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
      ...(takes_files ? [`complete -c sluice -n ${quoted(chosen)} -F`] : []),
      ...options.map((option) => optionLine(option, chosen)),
    ]
  }
  const siblings = all.filter((other) => other.group === group).map((other) => other.name)
  const offered = `__fish_seen_subcommand_from ${group}; and not __fish_seen_subcommand_from ${siblings.join(' ')}`
  const chosen = `__fish_seen_subcommand_from ${group}; and __fish_seen_subcommand_from ${name}`
  return [
    `complete -c sluice -n ${quoted(offered)} -a ${name} -d ${quoted(summary)}`,
    ...(takes_files ? [`complete -c sluice -n ${quoted(chosen)} -F`] : []),
    ...options.map((option) => optionLine(option, chosen)),
  ]
}

function optionLine({ name, help, takes }: CompletedOption, condition: string): string {
  const value = { nothing: '', file: ' -r -F', value: ' -x' }[takes]
  return `complete -c sluice -n ${quoted(condition)} -l ${name.slice(2)}${value} -d ${quoted(help)}`
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
