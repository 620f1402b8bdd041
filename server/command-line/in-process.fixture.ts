import { vi } from 'vitest'
import { runProgram } from '../program.ts'

/** As of a process that has ended. */
export interface Ended {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a command as its process would, in this one, which takes a tenth of the time: for what it answers and says. That a
 * process begins, is signalled and ends is for tests that start one. One at a time.
 */
export async function command(...words: string[]): Promise<Ended> {
  const said = { stdout: '', stderr: '' }
  const listening = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text: string | Uint8Array, then?: unknown) => {
      said[name] += typeof text === 'string' ? text : Buffer.from(text).toString()
      if (typeof then === 'function') then()
      return true
    }),
  )
  const signals = ['SIGINT', 'SIGTERM'] as const
  const before = signals.map((signal) => process.listeners(signal))
  const { argv } = process
  process.argv = [argv[0]!, 'reveille', ...words]
  vi.stubEnv('LC_ALL', 'en_GB.UTF-8')
  try {
    await runProgram(words)
    return { status: Number(process.exitCode ?? 0), ...said }
  } finally {
    process.exitCode = undefined
    process.argv = argv
    vi.unstubAllEnvs()
    for (const one of listening) one.mockRestore()
    for (const [i, signal] of signals.entries())
      for (const listener of process.listeners(signal))
        if (!before[i]!.includes(listener)) process.off(signal, listener)
  }
}
