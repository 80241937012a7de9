const namespace = { '@xmlns': 'http://s3.amazonaws.com/doc/2006-03-01/' }

/** An answer of S3's API. */
export function s3Document(root: string, content: object): Promise<string> {
  return documentOf(root, { ...namespace, ...content })
}

/** A refusal; it alone is in no namespace. */
export function s3ErrorDocument(content: object): Promise<string> {
  return documentOf('Error', content)
}

async function documentOf(root: string, content: object): Promise<string> {
  const { XMLBuilder } = await import('fast-xml-parser')
  const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@' })
  return `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build({ [root]: content })}`
}
