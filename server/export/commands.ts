import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Command, Option } from 'commander'
import { answer, type CommonOptions, inWorkspace, Refused } from '../command-line/command.ts'
import { say } from '../messages/messages.ts'
import type { ExportFormat } from './export.ts'

/** `export DIR`: everything of a workspace as files. */
export function exportCommands(program: Command): void {
  inWorkspace(program.command('export <dir>'))
    .description('write everything of a workspace into a new or empty folder, with its data dictionary')
    .addOption(new Option('--format <format>', 'kind of file').choices(['csv', 'parquet']).default('csv'))
    .action((name: string, options: CommonOptions & { format: ExportFormat }) => {
      const folder = resolve(name)
      return answer(
        options,
        async ({ client }, signal) => {
          await client.exports.start.mutate({ folder, format: options.format })
          for (;;) {
            const state = await client.exports.state.query()
            switch (state.kind) {
              case 'exported':
                return { folder: state.folder, ...state.exported }
              case 'cannot-write':
                throw new Refused(say('export-unwritable', { folder, reason: state.reason }))
              case 'failed':
                throw new Refused(say('unexpected-inside'))
              case 'stopped':
              case 'none':
                throw new Refused(say('cancelled'))
              case 'running':
                if (signal.aborted) await client.exports.stop.mutate()
                else await pause(100)
            }
          }
        },
        ({ tables }) =>
          [
            say('exported', { folder }),
            ...Object.entries(tables).map(([table, rows]) => say('exported-table', { table, rows })),
          ].join('\n'),
      )
    })
}
