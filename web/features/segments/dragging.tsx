import { IconGripVertical } from '@tabler/icons-react'
import {
  createContext,
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  useContext,
  useEffect,
  useRef,
  useState,
} from 'react'
import { useTranslations } from 'use-intl'
import type { Expression } from '../../../analytics/segments/ast.ts'
import { print } from '../../../analytics/segments/print.ts'
import { useLanguage } from '../../ui/language.tsx'
import {
  behind,
  type Draft,
  homeOf,
  moved,
  partAt,
  type Path,
  type Slot,
  slotKey,
  slotsOf,
} from './places.ts'
import classes from './segments.module.css'

interface Drag {
  readonly from: Path
  readonly by: 'pointer' | 'keyboard'
  readonly slots: readonly Slot[]
  readonly slot: Slot
  /** Of the pointer, in the window. */
  readonly x: number
  readonly y: number
}

interface Dragged {
  readonly drag: Drag | null
  readonly press: (path: Path, event: PointerEvent<HTMLElement>) => void
  readonly key: (path: Path, event: KeyboardEvent<HTMLElement>) => void
  readonly leave: () => void
}

const nothing = () => undefined
const DragContext = createContext<Dragged>({ drag: null, press: nothing, key: nothing, leave: nothing })

/** A pointer that moves less than this presses, and drags nothing. */
const slackPx = 4
/** Near an edge of the window so close, the page scrolls while something is dragged. */
const edgePx = 60

/** Makes the parts of a rule movable, with a pointer by their grips and with the keyboard; what happens is announced. */
export function Dragging({
  draft,
  onMove,
  children,
}: {
  draft: Draft
  onMove: (expression: Expression) => void
  children: ReactNode
}) {
  const t = useTranslations('segments')
  const { language } = useLanguage()
  const host = useRef<HTMLDivElement>(null)
  const [drag, setDrag] = useState<Drag | null>(null)
  const [said, setSaid] = useState('')
  const focusAt = useRef<string | null>(null)
  const latest = useRef({ drag, draft, onMove })
  useEffect(() => {
    latest.current = { drag, draft, onMove }
  })
  const textOf = (part: Expression) => {
    const text = print(part, language)
    return text.length > 80 ? `${text.slice(0, 79)}…` : text
  }
  const whereIs = (from: Path, slot: Slot) => {
    const group = partAt(draft, slot.group)
    const next = behind(draft, from, slot)
    const kind = group.kind === 'or' ? 'or' : 'and'
    const depth = slot.group.filter((_, i) => {
      const around = partAt(draft, slot.group.slice(0, i + 1)).kind
      return around === 'and' || around === 'or'
    }).length
    return next
      ? t('drag.before', { next: textOf(next), kind, level: depth + 1 })
      : t('drag.atEnd', { kind, level: depth + 1 })
  }
  const drop = ({ from, slot }: Drag) => {
    const part = partAt(draft, from)
    setDrag(null)
    if (slotKey(slot) === slotKey(homeOf(from))) return setSaid(t('drag.stays', { part: textOf(part) }))
    setSaid(t('drag.dropped', { part: textOf(part), where: whereIs(from, slot) }))
    focusAt.current = print(part)
    onMove(moved(draft, from, slot))
  }
  const leave = () => {
    if (drag) setSaid(t('drag.stays', { part: textOf(partAt(draft, drag.from)) }))
    setDrag(null)
  }

  // the grip of a moved part is a new one
  useEffect(() => {
    if (focusAt.current === null) return
    const grips = host.current?.querySelectorAll<HTMLElement>('[data-grip]') ?? []
    const grip = [...grips].find((one) => one.dataset.grip === focusAt.current)
    focusAt.current = null
    grip?.focus()
  }, [draft])

  const press = (from: Path, event: PointerEvent<HTMLElement>) => {
    if (event.button !== 0) return
    const [startX, startY] = [event.clientX, event.clientY]
    const slots = slotsOf(draft, from)
    let [x, y, dragging] = [startX, startY, false]
    const move = (moving: globalThis.PointerEvent) => {
      ;[x, y] = [moving.clientX, moving.clientY]
      dragging ||= Math.abs(x - startX) > slackPx || Math.abs(y - startY) > slackPx
      if (dragging) follow()
    }
    const follow = () =>
      setDrag({ from, by: 'pointer', slots, slot: nearest(host.current!, slots, from, x, y), x, y })
    const scrolling = setInterval(() => {
      if (!dragging) return
      const step = y < edgePx ? -14 : y > window.innerHeight - edgePx ? 14 : 0
      if (step === 0) return
      window.scrollBy(0, step)
      follow()
    }, 16)
    const end = (ending: Event) => {
      clearInterval(scrolling)
      window.removeEventListener('pointermove', move)
      window.removeEventListener('pointerup', end)
      window.removeEventListener('pointercancel', end)
      window.removeEventListener('keydown', escape, true)
      if (ending.type === 'pointerup' && dragging)
        drop({ from, by: 'pointer', slots, slot: nearest(host.current!, slots, from, x, y), x, y })
      else setDrag(null)
    }
    const escape = (pressed: globalThis.KeyboardEvent) => {
      if (pressed.key !== 'Escape') return
      pressed.preventDefault()
      end(pressed)
    }
    window.addEventListener('pointermove', move)
    window.addEventListener('pointerup', end)
    window.addEventListener('pointercancel', end)
    window.addEventListener('keydown', escape, true)
  }

  const key = (from: Path, event: KeyboardEvent<HTMLElement>) => {
    if (drag?.by !== 'keyboard') {
      if (event.key !== 'Enter' && event.key !== ' ') return
      event.preventDefault()
      const slots = slotsOf(draft, from)
      const slot = homeOf(from)
      setDrag({ from, by: 'keyboard', slots, slot, x: 0, y: 0 })
      setSaid(t('drag.lifted', { part: textOf(partAt(draft, from)), where: whereIs(from, slot) }))
      return
    }
    const at = drag.slots.findIndex((slot) => slotKey(slot) === slotKey(drag.slot))
    const step = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[event.key]
    if (step !== undefined) {
      event.preventDefault()
      const slot = drag.slots[at + step]
      if (!slot) return
      setDrag({ ...drag, slot })
      setSaid(whereIs(from, slot))
      elementOf(host.current!, slot)?.scrollIntoView({ block: 'nearest' })
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault()
      drop(drag)
    } else if (event.key === 'Escape') {
      event.preventDefault()
      leave()
    }
  }

  return (
    <DragContext value={{ drag, press, key, leave }}>
      <div ref={host} data-dragging={drag?.by}>
        {children}
      </div>
      {drag?.by === 'pointer' ? (
        <div className={classes.dragged} style={{ left: drag.x + 12, top: drag.y + 8 }} aria-hidden>
          {textOf(partAt(draft, drag.from))}
        </div>
      ) : null}
      <div className={classes.spoken} role="status" aria-live="assertive">
        {said}
      </div>
    </DragContext>
  )
}

const elementOf = (host: HTMLElement, slot: Slot): HTMLElement | null =>
  host.querySelector(`[data-slot="${slotKey(slot)}"]`)

/** The slot whose line is closest to a point; one of a group that begins right of the point is farther. */
function nearest(host: HTMLElement, slots: readonly Slot[], from: Path, x: number, y: number): Slot {
  const home = homeOf(from)
  const afterwards = { group: home.group, index: home.index + 1 }
  let best = home
  let least = Infinity
  const weigh = (line: Slot, slot: Slot) => {
    const rect = elementOf(host, line)?.getBoundingClientRect()
    if (!rect) return
    const away = Math.abs(rect.top - y) + Math.max(0, rect.left - x)
    if (away >= least) return
    least = away
    best = slot
  }
  for (const slot of slots) weigh(slot, slot)
  weigh(afterwards, home)
  return best
}

/** What takes hold of a part: drag it, or press Enter and go with the arrow keys. */
export function Grip({ path, part }: { path: Path; part: Expression }) {
  const t = useTranslations('segments')
  const { language } = useLanguage()
  const { drag, press, key, leave } = useContext(DragContext)
  const lifted = drag?.by === 'keyboard' && drag.from.join('.') === path.join('.')
  return (
    <button
      type="button"
      className={classes.grip}
      data-grip={print(part)}
      aria-label={t('drag.grip', { part: print(part, language) })}
      aria-pressed={lifted}
      title={t('drag.help')}
      onPointerDown={(event) => press(path, event)}
      onKeyDown={(event) => key(path, event)}
      onBlur={() => (lifted ? leave() : undefined)}
    >
      <IconGripVertical size={16} aria-hidden />
    </button>
  )
}

/** Attributes of the element at whose upper edge a slot lies, and of a part that is being moved. */
export function useSlot(slot: Slot): Readonly<Record<`data-${string}`, string | undefined>> {
  const { drag } = useContext(DragContext)
  const here = drag !== null && slotKey(drag.slot) === slotKey(slot)
  const isMoved = drag !== null && slotKey(homeOf(drag.from)) === slotKey(slot)
  return {
    'data-slot': slotKey(slot),
    'data-drop': here && !isMoved ? '' : undefined,
    'data-moving': isMoved ? '' : undefined,
  }
}
