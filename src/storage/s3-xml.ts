/** A document of S3's API as plain objects; every value is text. Empty for what is no such document. */
export async function parseS3Xml(body: Uint8Array | string): Promise<Readonly<Record<string, unknown>>> {
  const { XMLParser } = await import('fast-xml-parser')
  const parser = new XMLParser({
    ignoreDeclaration: true,
    parseTagValue: false,
    trimValues: false,
    isArray: (name) => repeated.has(name),
  })
  try {
    return parser.parse(Buffer.from(body).toString()) as Record<string, unknown>
  } catch {
    return {} // a proxy's page
  }
}

/** Elements that may come more than once. */
const repeated: ReadonlySet<string> = new Set(['Contents', 'Part', 'Object'])
