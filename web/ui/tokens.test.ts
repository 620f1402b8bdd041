import { expect, test } from 'vitest'
import { cssVariables, firstInvertedStep, tokens, type Palette, type Tone } from './tokens.ts'

const channel = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
const luminance = (hex: string) => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) =>
    channel(parseInt(hex.slice(at, at + 2), 16) / 255),
  )
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
/** WCAG 2 contrast. */
const contrast = (one: string, other: string) => {
  const [high = 0, low = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a)
  return (high + 0.05) / (low + 0.05)
}

test.each(['light', 'dark'] as const)(
  '%s: words are readable on every ground, lines are visible',
  (scheme) => {
    const palette: Palette = tokens[scheme]
    for (const ground of [palette.page, palette.surface, palette.fill])
      for (const text of [palette.text, palette.text2, palette.text3])
        expect(contrast(text, ground)).toBeGreaterThanOrEqual(4.5)
    for (const tone of ['good', 'warn', 'bad', 'info', 'off'] as Tone[])
      expect(contrast(palette.status[tone], palette.tint[tone])).toBeGreaterThanOrEqual(4.5)
    for (const colour of palette.categorical)
      expect(contrast(colour, palette.surface)).toBeGreaterThanOrEqual(3)
    expect(contrast(palette.control, palette.surface)).toBeGreaterThanOrEqual(3)
    palette.sequential.forEach((colour, step) => {
      const text = step < firstInvertedStep ? palette.text : scheme === 'light' ? '#FFFFFF' : palette.page
      expect(contrast(text, colour)).toBeGreaterThanOrEqual(4.5)
    })
  },
)

test('variables are named as the style sheets use them', () => {
  expect(cssVariables(tokens.light)).toMatchObject({
    '--page': '#F6F7F9',
    '--text-2': '#454B5A',
    '--accent-text': '#4347C9',
    '--good': '#0B6E5C',
    '--good-tint': '#E5F5EE',
    '--sequential-7': '#123F54',
    '--categorical-1': '#5F64F0',
  })
})
