import type { ApiClient } from './api-client.ts'

/** Where a command runs. */
export interface Surroundings {
  readonly cwd: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number }
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean }
  /** Aborts on Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal
}

/** One flag of a command. */
export interface Flag {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  /** Name of the value in help, such as `N`. */
  readonly value?: string
  readonly help: string
}

/** Parsed arguments of a command. */
export interface Arguments {
  readonly positionals: readonly string[]
  readonly flags: Readonly<Record<string, string | boolean | undefined>>
  readonly json: boolean
}

/** What a command is given to work with. */
export interface CommandContext extends Arguments, Surroundings {
  /** The project's folder: --project, else the nearest folder upwards with nacre.config.ts, else the current one. */
  readonly projectFolder: string
  /** A client of the running platform; throws NACRE_UNAVAILABLE when none runs. */
  readonly api: () => Promise<ApiClient>
  readonly print: (line: string) => void
}

/** A command of `nacre`. */
export interface Command {
  readonly name: string
  /** One line, for the list of commands. */
  readonly summary: string
  /** Positional arguments as shown in help, such as `<job> [day…]`. */
  readonly usage: string
  /** More lines for `nacre <command> --help`. */
  readonly help?: string
  readonly flags: Readonly<Record<string, Flag>>
  /** Flags of the settings table are accepted too. */
  readonly takesSettings?: boolean
  /** Resolves to an exit code, 0 when nothing is returned. */
  run(context: CommandContext): Promise<number | void>
}

/** A flag's text; undefined when it was not given. */
export function textFlag(context: Arguments, name: string): string | undefined {
  const value = context.flags[name]
  return typeof value === 'string' ? value : undefined
}
