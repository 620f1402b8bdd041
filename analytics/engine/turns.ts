import { QueryCancelled } from './engine.ts'

/** At most `size` holders at once; the others wait in their order and stop waiting when aborted. */
export class Turns {
  readonly #waiting: (() => void)[] = []
  readonly #size: number
  #free: number

  constructor(size: number) {
    this.#size = size
    this.#free = size
  }

  async take<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    await this.#wait(signal)
    try {
      return await work()
    } finally {
      this.leave()
    }
  }

  /** Like `take`, but the turn is kept until `leave`. */
  async enter<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    await this.#wait(signal)
    try {
      return await work()
    } catch (error) {
      this.leave()
      throw error
    }
  }

  /** Takes every turn, one by one as they come free; gives them back and answers false where that takes longer than `withinMs`. */
  async takeAll(withinMs: number): Promise<boolean> {
    const signal = AbortSignal.timeout(withinMs)
    let taken = 0
    try {
      for (; taken < this.#size; taken++) await this.#wait(signal)
      return true
    } catch (error) {
      for (; taken > 0; taken--) this.leave()
      if (error instanceof QueryCancelled) return false
      throw error
    }
  }

  leaveAll(): void {
    for (let turn = 0; turn < this.#size; turn++) this.leave()
  }

  leave(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#free++
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) throw new QueryCancelled('Cancelled before it began.')
    if (this.#free > 0) {
      this.#free--
      return
    }
    await new Promise<void>((resolve, reject) => {
      const turn = () => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1)
        reject(new QueryCancelled('Cancelled while it waited for its turn.'))
      }
      this.#waiting.push(turn)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }
}
