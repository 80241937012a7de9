import { NacreError } from '../base/index.ts'
import type { JobDefinition, JobSpec, TableMap } from './job-definition.ts'

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

/**
 * Declares a job. The aliases of `reads` and `writes` are what `run` receives.
 * @throws NACRE_APP_INVALID for a name that cannot be used, or without exactly one of `run` and `command`.
 * @example job('daily-engagement', { reads: { spans }, writes: { engagement }, async run({ reads, writes, partition }) { … } })
 */
export function job<
  Reads extends TableMap = Record<never, never>,
  Writes extends TableMap = Record<never, never>,
>(name: string, spec: JobSpec<Reads, Writes>): JobDefinition {
  if (!namePattern.test(name)) {
    throw new NacreError(
      'NACRE_APP_INVALID',
      `Job name '${name}' must be 1 to 100 letters, digits, '-', '_' or '.', starting with a letter or digit.`,
    )
  }
  if ((spec.run === undefined) === (spec.command === undefined)) {
    throw new NacreError(
      'NACRE_APP_INVALID',
      `Job '${name}' has ${spec.run === undefined ? 'neither run nor command' : 'both run and command'}; give it one of them.`,
    )
  }
  return { kind: 'job', name, spec: spec as JobSpec }
}
