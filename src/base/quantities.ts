import { NacreError } from './nacre-error.ts'

const durationUnits: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}
const sizeUnits: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
}

/** Milliseconds of a text such as `500ms`, `10s`, `5m`, `2h`, `1d`. Throws NACRE_INPUT naming `what`. */
export function parseDurationMs(text: string, what = 'duration'): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text)
  if (!match)
    throw new NacreError(
      'NACRE_INPUT',
      `${what} '${text}' is not a duration; write a number and ms, s, m, h or d, such as '10m'.`,
    )
  return Number(match[1]) * durationUnits[match[2]!]!
}

/** Bytes of a text such as `512MiB`, `2GiB`, `4MB`. Throws NACRE_INPUT naming `what`. */
export function parseSizeBytes(text: string, what = 'size'): number {
  const match = /^(\d+(?:\.\d+)?)(B|kB|MB|GB|KiB|MiB|GiB)$/.exec(text)
  if (!match)
    throw new NacreError(
      'NACRE_INPUT',
      `${what} '${text}' is not a size; write a number and B, kB, MB, GB, KiB, MiB or GiB, such as '512MiB'.`,
    )
  return Math.round(Number(match[1]) * sizeUnits[match[2]!]!)
}
