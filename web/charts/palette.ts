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

type Rgb = readonly [red: number, green: number, blue: number]

/** The colour at a share of the scale, between its stops. */
export function scaleColor(scale: readonly string[], share: number): Rgb {
  const place = Math.min(Math.max(share, 0), 1) * (scale.length - 1)
  const low = rgbOf(scale[Math.floor(place)]!)
  const high = rgbOf(scale[Math.ceil(place)]!)
  const between = (index: 0 | 1 | 2): number => low[index] + (high[index] - low[index]) * (place % 1)
  return [between(0), between(1), between(2)]
}

/** Of ink and surface, the one that stands out more against a colour. */
export function readableOn(color: Rgb, { ink, surface }: Palette): string {
  const back = luminance(color)
  return contrast(luminance(rgbOf(ink)), back) >= contrast(luminance(rgbOf(surface)), back) ? ink : surface
}

/** Computed colours read `rgb(1, 2, 3)`. */
function rgbOf(color: string): Rgb {
  const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? []).map(Number)
  return [red, green, blue]
}

/** Relative luminance and contrast: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance. */
function luminance([red, green, blue]: Rgb): number {
  const linear = (part: number): number =>
    part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

function contrast(one: number, other: number): number {
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)
}
