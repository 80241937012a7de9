import { NacreError } from './nacre-error.ts'

/** Says in words why a server cannot listen, naming the flag that gave the address; errors of other kinds are given back as they are. */
export function explainListenFailure(
  error: unknown,
  { host, port, flag }: { host: string; port: number; flag: string },
): unknown {
  const message = (
    {
      EADDRINUSE: `Port ${port} of ${host} is taken by another program. Stop it, or give another ${flag}.`,
      EACCES: `This user may not listen on port ${port} of ${host}. Give a ${flag} above 1023, or the right to use it.`,
      EADDRNOTAVAIL: `${host} is not an address of this machine. Give another --host, such as 127.0.0.1.`,
      ENOTFOUND: `The host name '${host}' is not known. Give another --host, such as 127.0.0.1.`,
    } as Record<string, string>
  )[(error as NodeJS.ErrnoException).code ?? '']
  return message === undefined ? error : new NacreError('NACRE_UNAVAILABLE', message, { cause: error })
}
