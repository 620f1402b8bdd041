import { useState } from 'react'

/** A text with those that it was before and, once undone, after. */
export interface Edits {
  readonly past: readonly string[]
  readonly text: string
  readonly future: readonly string[]
  /** When it was last edited, in milliseconds. */
  readonly at: number
}

const kept = 200
/** Edits that follow each other so closely, letter by letter, are undone together. */
const oneEditMs = 600

export const began = (text: string): Edits => ({ past: [], text, future: [], at: -Infinity })

export function edited(edits: Edits, text: string, now: number): Edits {
  if (text === edits.text) return edits
  const goesOn = now - edits.at < oneEditMs && edits.past.length > 0
  return {
    past: goesOn ? edits.past : [...edits.past, edits.text].slice(-kept),
    text,
    future: [],
    at: now,
  }
}

export function undone(edits: Edits): Edits {
  const text = edits.past.at(-1)
  if (text === undefined) return edits
  return { past: edits.past.slice(0, -1), text, future: [edits.text, ...edits.future], at: -Infinity }
}

export function redone(edits: Edits): Edits {
  const [text, ...future] = edits.future
  if (text === undefined) return edits
  return { past: [...edits.past, edits.text], text, future, at: -Infinity }
}

/** A text whose edits can be undone and done again. */
export function useEdits(initial: () => string) {
  const [edits, setEdits] = useState(() => began(initial()))
  return {
    text: edits.text,
    change: (text: string) => setEdits((old) => edited(old, text, performance.now())),
    undo: edits.past.length > 0 ? () => setEdits(undone(edits)) : undefined,
    redo: edits.future.length > 0 ? () => setEdits(redone(edits)) : undefined,
  }
}
