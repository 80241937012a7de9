/** The colours of charts, as the style sheet has them for the present theme. */
export interface Palette {
  readonly ink: string
  readonly soft: string
  readonly line: string
  readonly surface: string
  readonly font: string
  readonly series: string[]
  /** Low to high. */
  readonly scale: string[]
}

export function readPalette(): Palette {
  // A custom property reads as it was written; a real one as the colour it comes to.
  const probe = document.body.appendChild(document.createElement('i'))
  const read = (name: string): string => {
    probe.style.color = `var(${name})`
    return getComputedStyle(probe).color
  }
  const palette = {
    ink: read('--ink'),
    soft: read('--ink-soft'),
    line: read('--line'),
    surface: read('--surface'),
    font: getComputedStyle(probe).fontFamily,
    series: [1, 2, 3, 4, 5, 6, 7, 8].map((index) => read(`--series-${index}`)),
    scale: [1, 2, 3, 4, 5].map((index) => read(`--scale-${index}`)),
  }
  probe.remove()
  return palette
}
