import { NacreError } from '../base/index.ts'

/**
 * The unscaled value of a decimal text, `12.5` at scale 2 being 1250n. Throws NACRE_INPUT when it is no decimal or has digits
 * beyond the scale.
 */
export function unscaledOfDecimal(text: string, scale: number): bigint {
  const [matched, sign, whole, fraction = ''] = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text) ?? []
  const kept = fraction.replace(/0+$/, '')
  if (matched === undefined || `${whole}${fraction}` === '' || kept.length > scale)
    throw new NacreError(
      'NACRE_INPUT',
      `'${text}' is not a decimal of at most ${scale} digits behind the point.`,
    )
  const digits = BigInt(`${whole}${kept.padEnd(scale, '0')}`)
  return sign === '-' ? -digits : digits
}

/** The decimal text of an unscaled value, with all `scale` digits. */
export function decimalOfUnscaled(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  const split = digits.length - scale
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, split)}${scale === 0 ? '' : `.${digits.slice(split)}`}`
}

/** Big-endian two's complement of a value: as few bytes as hold it, or exactly `size`. */
export function twosComplementOf(value: bigint, size?: number): Buffer {
  const magnitude = value < 0n ? ~value : value
  const length = size ?? Math.floor(magnitude.toString(2).length / 8) + 1
  const hex = BigInt.asUintN(length * 8, value).toString(16)
  return Buffer.from(hex.padStart(length * 2, '0'), 'hex')
}

/** The inverse of {@link twosComplementOf}. */
export function valueOfTwosComplement(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString('hex')}`))
}
