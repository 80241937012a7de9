import { errorCatalogue } from '../src/base/index.ts'
import { commandHelp, commands, flagsOf } from '../src/cli/index.ts'
import { settingFlag, settingsTable, settingVariable, type SettingRow } from '../src/settings/index.ts'

const generated = '<!-- Written by `npm run docs`; a test holds it equal to the code. -->\n\n'

/** The reference pages that are made from tables in the code, by path. */
export function referencePages(): Readonly<Record<string, string>> {
  return {
    'docs/reference/settings.md': settingsPage(),
    'docs/reference/errors.md': errorsPage(),
    'docs/reference/cli.md': cliPage(),
  }
}

function settingsPage(): string {
  const rows = Object.entries(settingsTable as Readonly<Record<string, SettingRow>>).map(
    ([name, { type, default: fallback, choices, help }]) =>
      `## ${name}\n\n${help}\n\n| flag | variable | type | default |\n|---|---|---|---|\n| \`--${settingFlag(name)}\` | \`${settingVariable(name)}\` | ${choices?.join(', ') ?? type} | ${fallback === null ? 'unset' : `\`${fallback}\``} |\n`,
  )
  return `${generated}# Settings\n\nA setting is given as a flag of \`nacre up\` and \`nacre dev\`, as an environment variable, or as a key of \`nacre.settings.json\` in the project; the\nfirst of these that is given holds.\n\n${rows.join('\n')}`
}

function errorsPage(): string {
  const rows = Object.entries(errorCatalogue).map(
    ([code, { status, exit, meaning }]) =>
      `| <a id="${code}"></a>\`${code}\` | ${status} | ${exit} | ${meaning} |`,
  )
  return `${generated}# Errors\n\nEvery error carries one of these codes. Over HTTP the body is \`{ "error": { "code", "message", "details"? } }\` with the status; a command\nprints the message to standard error (with \`--json\` the same object) and ends with the exit code.\n\n| code | status | exit code | meaning |\n|---|---|---|---|\n${rows.join('\n')}\n`
}

function cliPage(): string {
  const pages = commands.map(
    (command) =>
      `## nacre ${command.name}\n\n\`\`\`text\n${commandHelp(command, flagsOf(command))}\n\`\`\`\n`,
  )
  return `${generated}# The command line\n\nExit codes: 0 done, 1 the work failed, 2 wrong use or input, 3 not found, 4 conflict, 5 not allowed, 6 not available now, 130 interrupted.\n\n${pages.join('\n')}`
}
