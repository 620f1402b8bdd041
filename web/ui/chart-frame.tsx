import { createContext, use, useEffect, useRef, useState, type ReactNode } from 'react'
import { useFormat } from './format.ts'
import { useWorkspace } from './workspace.tsx'
import classes from './chart-frame.module.css'

/** Makes and downloads the chart's picture under the panel's words. */
export type PictureTaker = (words: { title: string; subtitle: string; file: string }) => Promise<void>

/** How a chart offers its picture to the panel around it. */
export const PictureContext = createContext<{ offer: (taker: PictureTaker | null) => void } | null>(null)

/**
 * A chart at its measured width, redrawn when that changes: SVG text is never scaled. `note` (such as the
 * day the data reaches) goes into the PNG. On a phone the chart is 220 high.
 */
export function ChartFrame({
  height = 280,
  fixed = false,
  note,
  children,
}: {
  height?: number
  /** The height follows from the content, such as the number of bars, on a phone too. */
  fixed?: boolean
  note?: string
  children: (width: number, height: number) => ReactNode
}) {
  const frame = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  const pictures = use(PictureContext)
  const { name } = useWorkspace()
  const { day } = useFormat()
  const reached = note && /^\d{4}-\d{2}-\d{2}$/.test(note) ? day(note) : note
  useEffect(() => {
    const element = frame.current
    if (!element) return
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  useEffect(() => {
    pictures?.offer(async (words) => {
      const { savePicture } = await import('./chart-picture.ts')
      const svg = frame.current?.querySelector('svg')
      if (svg) await savePicture(svg, { ...words, note: [name, reached].filter(Boolean).join(' · ') })
    })
    return () => pictures?.offer(null)
  }, [pictures, reached, name])
  const shownHeight = !fixed && width > 0 && width < 480 ? Math.min(height, 220) : height
  return (
    <div ref={frame} className={classes.frame} style={{ height: shownHeight }}>
      {width > 0 ? children(width, shownHeight) : null}
    </div>
  )
}
