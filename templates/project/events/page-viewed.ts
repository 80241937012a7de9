import { event, Type } from 'nacre'

export const pageViewed = event('Page Viewed', {
  version: '1-0-0',
  doc: 'A person has seen a page.',
  properties: Type.Object({ path: Type.String(), title: Type.Optional(Type.String()) }),
})
