import { type Command, Option } from 'commander'
import { say } from '../messages/messages.ts'
import { buildWebIfStale } from '../tooling/web-build.ts'

export function serveCommand(program: Command): void {
  program
    .command('serve')
    .description('serve the dashboard and the till interface')
    .addOption(new Option('--port <n>', 'port on this machine').default('4100'))
    .addOption(
      new Option('--host <address>', 'address to serve: 0.0.0.0 for every network of this machine').default(
        '127.0.0.1',
      ),
    )
    .addOption(new Option('--data <dir>', 'data folder').default('./data'))
    .addOption(
      new Option('--outbox <dir>', 'folder of scheduled exports; default: outbox in the data folder'),
    )
    .addOption(
      new Option('--lang <language>', "language of what is said; default: the system's").choices([
        'en',
        'zh-CN',
      ]),
    )
    .addOption(new Option('--no-build').hideHelp())
    .action(
      async (options: { port: string; host: string; data: string; outbox?: string; build: boolean }) => {
        if (options.build) await buildWebIfStale(() => process.stdout.write(`${say('building')}\n`))
        const { serve } = await import('../serve.ts') // the whole server: other commands begin without it
        process.exit(await serve(options))
      },
    )
}
