import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const sheet = readFileSync(new URL('../../../web/styles/tokens.css', import.meta.url), 'utf8')

/** Light and dark value by token. */
const tokens = new Map(
  [...sheet.matchAll(/(--[\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name, light, dark]) => [
    name!,
    [light!, dark!] as const,
  ]),
)

/** Text and what it stands on. */
const pairs: readonly (readonly [text: string, ground: string])[] = [
  ...['--paper', '--surface', '--sunken', '--hover'].flatMap((ground) =>
    ['--ink', '--ink-soft', '--accent', '--good', '--bad', '--warn', '--busy'].map(
      (text) => [text, ground] as const,
    ),
  ),
  ...['--good', '--bad', '--warn', '--busy', '--accent'].map((text) => [text, `${text}-soft`] as const),
  ['--ink', '--bad-soft'],
  ['--ink', '--accent-soft'],
  ['--ink', '--mark'],
  ['--on-accent', '--accent'],
  ['--surface', '--bad'],
]

/** https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(color: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(color.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

for (const [theme, index] of [
  ['light', 0],
  ['dark', 1],
] as const) {
  test(`text stands out at least 4.5 : 1 in ${theme} colours`, () => {
    const weak = pairs.flatMap(([text, ground]) => {
      const [one, other] = [text, ground].map((name) => luminance(tokens.get(name)![index])) as [
        number,
        number,
      ]
      const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)
      return ratio < 4.5 ? [`${text} on ${ground}: ${ratio.toFixed(2)}`] : []
    })
    assert.deepEqual(weak, [])
  })
}
