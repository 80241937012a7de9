import { createHash, createHmac } from 'node:crypto'
import { isSame, type SigningKey } from '../../storage/index.ts'
import { S3Error } from './s3-error.ts'

const maxLineBytes = 4096
const emptyHash = createHash('sha256').digest('hex')

/**
 * Takes the framing `aws-chunked` off a body, and verifies each chunk's signature when it is given what they are signed with:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html. What was yielded is to be trusted only once
 * the end was reached. Trailing headers are handed to `onTrailer`.
 */
export async function* readChunked(
  source: AsyncIterable<Uint8Array>,
  {
    signing,
    onTrailer,
  }: { readonly signing: SigningKey | null; readonly onTrailer: (name: string, value: string) => void },
): AsyncGenerator<Uint8Array> {
  await using bytes = new ByteReader(source)
  let previous = signing?.seed ?? ''
  const verify = (kind: 'PAYLOAD' | 'TRAILER', contentHash: string, claimed: string): void => {
    if (signing === null) return
    const middle = kind === 'PAYLOAD' ? [emptyHash] : []
    const text = [
      `AWS4-HMAC-SHA256-${kind}`,
      signing.datetime,
      signing.scope,
      previous,
      ...middle,
      contentHash,
    ]
    const signature = createHmac('sha256', Buffer.from(signing.key)).update(text.join('\n')).digest('hex')
    if (!isSame(signature, claimed))
      throw new S3Error('SignatureDoesNotMatch', 'The signature of a part of the body is not right.')
    previous = signature
  }
  for (;;) {
    const [, size, signature = ''] =
      /^([0-9a-f]{1,8})(?:;chunk-signature=([0-9a-f]{64}))?$/i.exec(await bytes.line()) ?? malformed()
    let left = Number.parseInt(size!, 16)
    const isLast = left === 0
    const hash = createHash('sha256')
    while (left > 0) {
      const data = await bytes.take(left)
      left -= data.length
      if (signing !== null) hash.update(data)
      yield data
    }
    verify('PAYLOAD', hash.digest('hex'), signature)
    if (isLast) break
    if ((await bytes.line()) !== '') malformed()
  }
  let trailer = ''
  for (let line = await bytes.line(); line !== ''; line = await bytes.line()) {
    const at = line.indexOf(':')
    const [name, value] = [line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim()]
    if (name === 'x-amz-trailer-signature') {
      verify('TRAILER', createHash('sha256').update(trailer).digest('hex'), value)
      trailer = ''
    } else {
      trailer += `${name}:${value}\n`
      onTrailer(name, value)
    }
  }
  if (signing !== null && trailer !== '')
    throw new S3Error('SignatureDoesNotMatch', 'The trailing headers are not signed.')
}

function malformed(): never {
  throw new S3Error('IncompleteBody', "The body is not in the form of 'aws-chunked', or it ends too early.")
}

/** Takes lines and bytes off a stream. */
class ByteReader implements AsyncDisposable {
  readonly #source: AsyncIterator<Uint8Array>
  #held: Buffer = Buffer.alloc(0)

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** The text up to the next CRLF; empty at the very end, where some clients leave the last one out. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.#held.indexOf('\r\n')
      if (end >= 0) {
        const line = this.#held.toString('utf8', 0, end)
        this.#held = this.#held.subarray(end + 2)
        return line
      }
      if (this.#held.length > maxLineBytes) malformed()
      if (!(await this.#more())) return this.#held.length === 0 ? '' : malformed()
    }
  }

  /** Between one byte and `most`. */
  async take(most: number): Promise<Buffer> {
    if (this.#held.length === 0 && !(await this.#more())) malformed()
    const taken = this.#held.subarray(0, most)
    this.#held = this.#held.subarray(taken.length)
    return taken
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source.return?.()
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#source.next()
    if (done === true) return false
    this.#held = this.#held.length === 0 ? Buffer.from(value) : Buffer.concat([this.#held, value])
    return true
  }
}
