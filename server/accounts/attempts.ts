import type { Clock } from '../platform.ts'

const windowMs = 15 * 60 * 1000

/**
 * Slows down who guesses: after `most` failures within 15 minutes a key has to wait until the oldest
 * of them is that old. In memory; a restart forgets.
 */
export class Attempts {
  readonly #failures = new Map<string, number[]>()
  readonly #most: number
  readonly #clock: Clock

  constructor(most: number, clock: Clock) {
    this.#most = most
    this.#clock = clock
  }

  /** Minutes to wait, at least 1; null when the key may try now. */
  waitMinutes(key: string): number | null {
    const failures = this.#recent(key)
    if (failures.length < this.#most) return null
    const oldest = failures[failures.length - this.#most]!
    return Math.max(1, Math.ceil((oldest + windowMs - this.#clock.now().getTime()) / 60_000))
  }

  failed(key: string): void {
    this.#failures.set(key, [...this.#recent(key), this.#clock.now().getTime()])
  }

  succeeded(key: string): void {
    this.#failures.delete(key)
  }

  #recent(key: string): number[] {
    const since = this.#clock.now().getTime() - windowMs
    const recent = (this.#failures.get(key) ?? []).filter((at) => at > since)
    if (recent.length === 0) this.#failures.delete(key)
    return recent
  }
}
