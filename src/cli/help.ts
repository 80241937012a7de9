import type { Command, Flag } from './command.ts'

/** `nacre --help` */
export function mainHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length))
  return [
    'nacre: the data infrastructure of a product company in one program.',
    '',
    'Usage: nacre <command> [arguments] [flags]',
    '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'Every command tells more with --help. Commands that read take --json. Exit codes: 0 done, 1 the work failed, 2 wrong use or input,',
    '3 not found, 4 conflict, 5 not allowed, 6 not available now, 130 interrupted.',
  ].join('\n')
}

/** `nacre <command> --help` */
export function commandHelp(command: Command, flags: Readonly<Record<string, Flag>>): string {
  const shown = Object.entries(flags).map(([name, flag]) => ({
    left: `${flag.short === undefined ? '' : `-${flag.short}, `}--${name}${flag.type === 'string' ? ` ${flag.value ?? 'TEXT'}` : ''}`,
    help: flag.help,
  }))
  const width = Math.max(...shown.map(({ left }) => left.length))
  return [
    `nacre ${command.name}: ${command.summary}`,
    '',
    `Usage: nacre ${[command.name, command.usage].filter((part) => part !== '').join(' ')} [flags]`,
    ...(command.help === undefined ? [] : ['', command.help]),
    '',
    'Flags:',
    ...shown.map(({ left, help }) => `  ${left.padEnd(width)}  ${help}`),
  ].join('\n')
}
