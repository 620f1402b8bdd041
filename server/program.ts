import { Command, CommanderError } from 'commander'
import { keyCommands } from './api/commands.ts'
import { metricCommands } from './analytics/commands.ts'
import { exitCode } from './command-line/command.ts'
import { serveCommand } from './command-line/serve-command.ts'
import { backupCommands } from './backup/commands.ts'
import { say } from './messages/messages.ts'
import { exportCommands } from './export/commands.ts'
import { elsewhereCommands, experimentCommand } from './elsewhere/commands.ts'
import { deliveryCommands } from './delivery/commands.ts'
import { feedCommands } from './feeds/commands.ts'
import { digestCommands } from './digest/commands.ts'
import { demoCommands } from './demo/commands.ts'
import { poolCommands } from './coupons/pool-commands.ts'
import { campaignCommands } from './campaigns/commands.ts'
import { segmentCommands } from './segments/commands.ts'
import { identityCommands } from './identity/commands.ts'
import { importCommands } from './import/commands.ts'
import { memberCommands } from './rights/commands.ts'
import { tagCommands } from './tags/commands.ts'
import { workspaceCommands } from './workspaces/commands.ts'

/**
 * Runs one command from its words, without those of node and the script: what it says goes to stdout and stderr, how
 * it ended into `process.exitCode`.
 */
export async function runProgram(words: readonly string[]): Promise<void> {
  const program = new Command('reveille')
    .description('Member retention, segments and wake-up coupons.')
    .exitOverride()
  program.configureOutput({ writeOut: (text) => process.stdout.write(text) })

  serveCommand(program)
  backupCommands(program)
  workspaceCommands(program)
  campaignCommands(program)
  poolCommands(program)
  deliveryCommands(program)
  segmentCommands(program)
  tagCommands(program)
  demoCommands(program)
  metricCommands(program)
  digestCommands(program)
  keyCommands(program)
  importCommands(program)
  identityCommands(program)
  elsewhereCommands(program)
  experimentCommand(program)
  feedCommands(program)
  exportCommands(program)
  memberCommands(program)

  for (const command of everyCommand(program)) command.exitOverride()
  try {
    await program.parseAsync(words, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError)
      process.exitCode = error.exitCode === 0 ? exitCode.done : exitCode.usage
    else {
      process.stderr.write(
        `${say('unexpected', { reason: error instanceof Error ? error.message : String(error) })}\n`,
      )
      process.exitCode = exitCode.refused
    }
  }
}

function everyCommand(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...everyCommand(child)])
}
