import { z } from 'zod'

/** What was sent in a batch, item by item, and how to read one. */
export interface Items<Item> {
  readonly sent: readonly unknown[]
  readonly shape: z.ZodType<Item>
  /** The rows that an item is counted as, whatever it is; one unless told. */
  readonly rowsOf?: (sent: unknown) => number
  /** What no two items may share. */
  readonly onceBy?: { readonly field: keyof Item & string; readonly error: string }
}

/** An item that is not as it should be. */
export interface Unfit {
  readonly index: number
  /** As the document names it, with places of lists: `lines/0/amountMinor`; null: the item as a whole. */
  readonly field: string | null
  readonly issue: z.core.$ZodIssue
}

/** The items of a batch, each judged by itself. */
export interface JudgedItems<Item> {
  readonly fitting: readonly { readonly index: number; readonly item: Item }[]
  readonly unfit: readonly Unfit[]
  /** How many rows those that do not fit are counted as. */
  readonly unfitRows: number
  /** What was sent, of each item what is read of it: the same where it says the same. */
  readonly read: readonly unknown[]
}

/** Judges each item by itself. What is wrong first with one that does not fit stands for it. */
export function judged<Item>({ sent, shape, rowsOf = () => 1, onceBy }: Items<Item>): JudgedItems<Item> {
  const fitting: { index: number; item: Item }[] = []
  const unfit: Unfit[] = []
  const seen = new Set<unknown>()
  let unfitRows = 0
  const read = sent.map((one, index) => {
    const parsed = shape.safeParse(one)
    const issue = parsed.success
      ? onceBy && seen.has(parsed.data[onceBy.field])
        ? { code: 'custom' as const, path: [onceBy.field], message: onceBy.error, input: one }
        : null
      : parsed.error.issues[0]!
    if (issue) {
      unfit.push({ index, field: issue.path.join('/') || null, issue })
      unfitRows += rowsOf(one)
      return parsed.success ? parsed.data : one
    }
    if (onceBy) seen.add(parsed.data![onceBy.field])
    fitting.push({ index, item: parsed.data! })
    return parsed.data
  })
  return { fitting, unfit, unfitRows, read }
}

const mostShown = 100

/** What stands in a field of an item, as it was sent; null: nothing. */
export function sentIn(item: unknown, field: string | null): string | null {
  if (field === null) return null
  const value = field
    .split('/')
    .reduce<unknown>(
      (within, part) =>
        typeof within === 'object' && within !== null && Object.hasOwn(within, part)
          ? (within as Record<string, unknown>)[part]
          : undefined,
      item,
    )
  if (value === undefined || value === null) return null
  const text = typeof value === 'string' ? value.toWellFormed() : JSON.stringify(value)
  return text.length > mostShown ? `${text.slice(0, mostShown)}…` : text
}
