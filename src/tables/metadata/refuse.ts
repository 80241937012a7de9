import { NacreError } from '../../base/index.ts'

/** Throws NACRE_INPUT: the caller gave something that cannot be. */
export function refuse(message: string): never {
  throw new NacreError('NACRE_INPUT', message)
}
