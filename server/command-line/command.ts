import { type Command, Option } from 'commander'
import { TRPCClientError } from '@trpc/client'
import { StoreInUse } from '../store/dialect.ts'
import { connect, type Connection } from './connect.ts'

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

/** `--workspace W`, for commands about one shop. */
export const inWorkspace = (command: Command): Command =>
  common(command).requiredOption('--workspace <name>', "the workspace's name")

/**
 * Connects, runs, prints the answer (JSON with --json, else `say(answer)`), disconnects. Refusals go to
 * stderr as one sentence.
 */
export async function answer<T>(
  options: CommonOptions,
  work: (connection: Connection, signal: AbortSignal) => Promise<T>,
  say: (result: T) => string,
): Promise<void> {
  const cancelled = new AbortController()
  process.once('SIGINT', () => cancelled.abort())
  process.once('SIGTERM', () => cancelled.abort())
  let connection: Connection | undefined
  try {
    connection = await connect(options)
    const result = await work(connection, cancelled.signal)
    process.stdout.write(`${options.json ? JSON.stringify(result) : say(result)}\n`)
  } catch (error) {
    if (cancelled.signal.aborted) {
      process.stderr.write('Cancelled.\n')
      process.exitCode = exitCode.cancelled
    } else if (error instanceof StoreInUse) {
      process.stderr.write(
        `The data folder ${options.data} is in use by another Reveille that is just starting or ending. Try again in a few seconds.\n`,
      )
      process.exitCode = exitCode.refused
    } else if (error instanceof Refused || error instanceof TRPCClientError) {
      process.stderr.write(`${error.message}\n`)
      process.exitCode = exitCode.refused
    } else throw error
  } finally {
    await connection?.close()
  }
}
