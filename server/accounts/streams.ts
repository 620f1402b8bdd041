/** Answers that stay open (progress), by the user who reads them. */
export class OpenStreams {
  readonly #cuts = new Map<string, Set<() => void>>()

  /**
   * Notes an open answer. `cut` is called when the user's rights change, so that nothing flows on what
   * was allowed before. Answers how to forget it again.
   */
  keep(userId: string, cut: () => void): () => void {
    const open = this.#cuts.get(userId) ?? new Set()
    this.#cuts.set(userId, open.add(cut))
    return () => {
      open.delete(cut)
      if (open.size === 0) this.#cuts.delete(userId)
    }
  }

  /** Ends all that the user still reads. */
  cut(userId: string): void {
    for (const cut of this.#cuts.get(userId) ?? []) cut()
  }
}
