import { download } from './csv.ts'
import { fontFamily } from './tokens.ts'

const drawn = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-opacity',
  'stroke-width',
  'stroke-dasharray',
  'stroke-linecap',
  'stroke-linejoin',
  'opacity',
  'font-size',
  'font-weight',
  'text-anchor',
  'dominant-baseline',
  'visibility',
]
const margin = 20
const headHeight = 56
const scale = 2

/** Saves a chart as PNG at twice its size, under its title and unit, with workspace and day at the foot. */
export async function savePicture(
  svg: SVGSVGElement,
  words: { title: string; subtitle: string; note: string; file: string },
): Promise<void> {
  const { width, height } = svg.getBoundingClientRect()
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  const copy = inlined(svg)
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  copy.setAttribute('width', String(width))
  copy.setAttribute('height', String(height))
  const address = URL.createObjectURL(
    new Blob([new XMLSerializer().serializeToString(copy)], { type: 'image/svg+xml' }),
  )
  try {
    const image = new Image()
    image.src = address
    await image.decode()
    const canvas = document.createElement('canvas')
    const fullWidth = width + 2 * margin
    const fullHeight = height + headHeight + 3 * margin + 16
    canvas.width = fullWidth * scale
    canvas.height = fullHeight * scale
    const pen = canvas.getContext('2d')
    if (!pen) throw new Error('This browser has no canvas')
    pen.scale(scale, scale)
    pen.fillStyle = colour('--surface')
    pen.fillRect(0, 0, fullWidth, fullHeight)
    pen.textBaseline = 'top'
    const write = (text: string, font: string, fill: string, top: number) => {
      pen.font = `${font} ${fontFamily}`
      pen.fillStyle = fill
      pen.fillText(text, margin, top, width)
    }
    write(words.title, '600 16px', colour('--text'), margin)
    write(words.subtitle, '400 13px', colour('--text-3'), margin + 26)
    pen.drawImage(image, margin, margin + headHeight, width, height)
    write(words.note, '400 12px', colour('--text-3'), fullHeight - margin - 12)
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'))
    if (blob) download(words.file, blob)
  } finally {
    URL.revokeObjectURL(address)
  }
}

/** A copy that looks the same alone: computed styles as attributes, since a style sheet would be missing. */
function inlined(svg: SVGSVGElement): SVGSVGElement {
  const copy = svg.cloneNode(true) as SVGSVGElement
  const originals = [svg, ...svg.querySelectorAll('*')]
  const copies = [copy, ...copy.querySelectorAll('*')]
  originals.forEach((original, index) => {
    const computed = getComputedStyle(original)
    const target = copies[index]
    if (!target) return
    target.removeAttribute('style')
    target.removeAttribute('class')
    for (const property of drawn) {
      const value = computed.getPropertyValue(property)
      if (value) target.setAttribute(property, value)
    }
    if (original.tagName === 'text' || original === svg) target.setAttribute('font-family', fontFamily)
  })
  // Found by the originals' classes, which the copies no longer have: what follows the pointer is no part of the picture.
  originals.forEach((original, index) => {
    if (original.matches('.recharts-tooltip-cursor, .recharts-active-dot')) copies[index]?.remove()
  })
  return copy
}
