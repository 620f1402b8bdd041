/** Four to five round ticks from 0 (or a round value below the lowest) to a round value above the highest. */
export function niceTicks(highest: number, lowest = 0): number[] {
  const [low, high] = [Math.min(0, lowest), Math.max(0, highest)]
  if (low === high) return [0, 1]
  const rough = (high - low) / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10) * power
  const first = Math.floor(low / step)
  const last = Math.ceil(high / step - 1e-9)
  // Multiples, not a running sum: 3 × 0.1 drifts less than 0.1 + 0.1 + 0.1.
  return Array.from({ length: last - first + 1 }, (_, index) => round((first + index) * step))
}

const round = (value: number) => Number(value.toPrecision(12))

/** Moves labels apart so that neighbours are at least `gap` away, keeping their order and staying above `bottom`. */
export function spread(wanted: readonly number[], gap: number, bottom: number): number[] {
  const order = wanted.map((at, index) => ({ at, index })).toSorted((a, b) => a.at - b.at)
  const placed = order.map(({ at }) => at)
  for (let index = 1; index < placed.length; index++)
    placed[index] = Math.max(placed[index] ?? 0, (placed[index - 1] ?? 0) + gap)
  let limit = bottom
  for (let index = placed.length - 1; index >= 0; index--) {
    placed[index] = Math.min(placed[index] ?? 0, limit)
    limit = (placed[index] ?? 0) - gap
  }
  const result: number[] = []
  order.forEach(({ index }, rank) => (result[index] = placed[rank] ?? 0))
  return result
}

let pen: CanvasRenderingContext2D | null | undefined

/** The width of a text in the interface's font, in CSS pixels. */
export function textWidth(text: string, size: number, weight: number, family: string): number {
  pen ??= document.createElement('canvas').getContext('2d')
  if (!pen) return text.length * size * 0.6
  pen.font = `${weight} ${size}px ${family}`
  return pen.measureText(text).width
}
