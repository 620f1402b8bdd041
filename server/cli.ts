import { Command, CommanderError } from 'commander'
import { metricCommands } from './analytics/commands.ts'
import { exitCode } from './command-line/command.ts'
import { demoCommands } from './demo/commands.ts'
import { importCommands } from './import/commands.ts'
import { workspaceCommands } from './workspaces/commands.ts'

const program = new Command('reveille')
  .description('Member retention, segments and wake-up coupons.')
  .exitOverride()
program.configureOutput({ writeOut: (text) => process.stdout.write(text) })

workspaceCommands(program)
demoCommands(program)
metricCommands(program)
importCommands(program)

for (const command of everyCommand(program)) command.exitOverride()
try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? exitCode.done : exitCode.usage
}

function everyCommand(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...everyCommand(child)])
}
