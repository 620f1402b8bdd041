import { type Command, Option } from 'commander'
import { TRPCClientError } from '@trpc/client'
import { say } from '../messages/messages.ts'
import { connect, type Connection } from './connect.ts'
import { refusalOf } from './refusal.ts'

/** 0 done, 1 refused with a sentence, 2 wrong usage, 3 cancelled. */
export const exitCode = { done: 0, refused: 1, usage: 2, cancelled: 3 } as const

/** A refusal with the sentence that the user reads. */
export class Refused extends Error {
  override name = 'Refused'
}

export interface CommonOptions {
  data: string
  json?: boolean
  workspace?: string
}

/** `--data` and `--json`, which every command takes. */
export const common = (command: Command): Command =>
  command
    .addOption(new Option('--data <dir>', 'data folder').default('./data'))
    .addOption(new Option('--json', 'one JSON document on stdout'))
    .addOption(
      new Option('--lang <language>', "language of what is said; default: the system's").choices([
        'en',
        'zh-CN',
      ]),
    )

/** `--workspace W`, for commands about one shop. */
export const inWorkspace = (command: Command): Command =>
  common(command).requiredOption('--workspace <name>', "the workspace's name")

/**
 * Connects, runs, prints the answer (JSON with --json, else `told(answer)`; null: it was printed meanwhile), disconnects. Refusals go to
 * stderr as one sentence.
 */
export async function answer<T>(
  options: CommonOptions,
  work: (connection: Connection, signal: AbortSignal) => Promise<T>,
  told: (result: T) => string | null,
): Promise<void> {
  const cancelled = new AbortController()
  // Both the terminal and npm pass a signal on: the second one must not cut the clean-up short.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => cancelled.abort())
  let connection: Connection | undefined
  try {
    connection = await connect(options)
    const result = await work(connection, cancelled.signal)
    const words = options.json ? JSON.stringify(result) : told(result)
    if (words !== null) process.stdout.write(`${words}\n`)
  } catch (error) {
    if (cancelled.signal.aborted) {
      process.stderr.write(`${say('cancelled')}\n`)
      process.exitCode = exitCode.cancelled
    } else {
      const sentence =
        connection && isUnanswered(error)
          ? say('noAnswer', { port: new URL(connection.url).port })
          : error instanceof Refused || error instanceof TRPCClientError
            ? error.message
            : refusalOf(error, { folder: options.data })
      if (sentence === null) throw error
      process.stderr.write(`${sentence}\n`)
      process.exitCode = exitCode.refused
    }
  } finally {
    await connection?.close()
  }
}

/** The server ended, or was ended, while it was asked. */
const isUnanswered = (error: unknown): boolean =>
  error instanceof TRPCClientError && error.shape === undefined && error.cause instanceof TypeError
