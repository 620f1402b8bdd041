import { useMutation } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useTRPC } from '../../trpc.ts'

interface RefusedLines {
  readonly refused: number
  readonly named: readonly { readonly line: number; readonly said: string }[]
}

/** Where the import of a file of codes stands. */
export type PoolImportState =
  | { readonly kind: 'none' }
  /** Signs of its text. */
  | { readonly kind: 'running'; readonly codes: number; readonly sent: number; readonly of: number }
  | ({ readonly kind: 'added'; readonly added: number } & RefusedLines)
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'failed'; readonly error: unknown }

/** Signs that are sent at once: the server reads them while tills redeem. */
const partLength = 100_000
/** The most refused lines that are shown one by one. */
const mostShown = 1_000

/**
 * Takes files of codes into pools, part by part, so that how far it is shows and it can be cancelled; a page that is left
 * cancels it. `onAdded` hears of the pool that has more codes now.
 */
export function usePoolImport(onAdded: (pool: string) => void) {
  const trpc = useTRPC()
  const { mutateAsync: begin } = useMutation(trpc.pools.beginImport.mutationOptions())
  const { mutateAsync: add } = useMutation(trpc.pools.addPart.mutationOptions())
  const { mutateAsync: end } = useMutation(trpc.pools.endImport.mutationOptions())
  const { mutateAsync: takeBack } = useMutation(trpc.pools.cancelImport.mutationOptions())
  const [state, setState] = useState<PoolImportState>({ kind: 'none' })
  const cancelled = useRef(false)
  const cancel = () => {
    cancelled.current = true
  }
  useEffect(() => cancel, [])

  async function start(name: string, file: File): Promise<void> {
    cancelled.current = false
    setState({ kind: 'running', codes: 0, sent: 0, of: file.size })
    const text = await textOf(file)
    if (text === null) return setState({ kind: 'unreadable' })
    let lines: RefusedLines = { refused: 0, named: [] }
    const note = ({ refused, named }: RefusedLines) => {
      lines = {
        refused: lines.refused + refused,
        named: [...lines.named, ...named].slice(0, mostShown),
      }
    }
    try {
      const { importId } = await begin({ name })
      for (let part = 0; part * partLength < text.length && !cancelled.current; part++) {
        const from = part * partLength
        const read = await add({ importId, part, text: text.slice(from, from + partLength) })
        note(read)
        setState({
          kind: 'running',
          codes: read.codes,
          sent: Math.min(text.length, from + partLength),
          of: text.length,
        })
      }
      if (cancelled.current) {
        await takeBack({ importId })
        return setState({ kind: 'cancelled' })
      }
      const ended = await end({ importId })
      note(ended)
      setState({ kind: 'added', added: ended.added, ...lines })
      if (ended.added > 0) onAdded(name)
    } catch (error) {
      setState({ kind: 'failed', error })
    }
  }
  return { state, start, cancel }
}

/** UTF-8, or what Chinese systems write; null: the browser can't read the file. */
async function textOf(file: File): Promise<string | null> {
  const bytes = await file.arrayBuffer().catch(() => null)
  if (bytes === null) return null
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('gb18030').decode(bytes)
  }
}
