import type { Command } from '../command.ts'
import { backfillCommand } from './backfill.ts'
import { checkCommand } from './check.ts'
import { deployCommand } from './deploy.ts'
import { devCommand } from './dev.ts'
import { doctorCommand } from './doctor.ts'
import { eventsCommand } from './events.ts'
import { feedsCommand } from './feeds.ts'
import { forgetCommand } from './forget.ts'
import { initCommand } from './init.ts'
import { jobsCommand } from './jobs.ts'
import { keysCommand } from './keys.ts'
import { killCommand } from './kill.ts'
import { logsCommand } from './logs.ts'
import { runCommand } from './run.ts'
import { runsCommand } from './runs.ts'
import { signInCommand } from './sign-in.ts'
import { sqlCommand } from './sql.ts'
import { tablesCommand } from './tables.ts'
import { tokensCommand } from './tokens.ts'
import { upCommand } from './up.ts'
import { whyCommand } from './why.ts'

/** Every command, in the order of help. */
export const commands: readonly Command[] = [
  initCommand,
  upCommand,
  devCommand,
  checkCommand,
  deployCommand,
  jobsCommand,
  runCommand,
  backfillCommand,
  runsCommand,
  logsCommand,
  killCommand,
  whyCommand,
  tablesCommand,
  sqlCommand,
  eventsCommand,
  feedsCommand,
  forgetCommand,
  keysCommand,
  tokensCommand,
  signInCommand,
  doctorCommand,
]
