import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Command } from 'commander'
import { answer, common, type CommonOptions, exitCode, Refused } from '../command-line/command.ts'
import { refusalOf } from '../command-line/refusal.ts'
import { say } from '../messages/messages.ts'
import { restore } from './backup.ts'

export function backupCommands(program: Command): void {
  common(program.command('backup <file>'))
    .description('save everything as one file, also while the server runs')
    .action((name: string, options: CommonOptions) => {
      const file = resolve(name)
      return answer(
        options,
        async ({ client }, signal) => {
          await client.backup.start.mutate({ file })
          for (;;) {
            const state = await client.backup.state.query()
            switch (state.kind) {
              case 'backed-up':
                return state.backup
              case 'exists':
                throw new Refused(say('backupExists', { file }))
              case 'cannot-write':
                throw new Refused(say('backupUnwritable', { file, reason: state.reason }))
              case 'stopped':
              case 'none':
                throw new Refused(say('cancelled'))
              case 'running':
                if (signal.aborted) await client.backup.stop.mutate()
                await pause(100)
            }
          }
        },
        ({ bytes, workspaces }) => say('backedUp', { file, workspaces, bytes: megabytes(bytes) }),
      )
    })

  common(program.command('restore <file>'))
    .description('put a backup into an empty data folder')
    .option('--deletions <file>', 'deletion list of the folder that was lost (its deletions.json)')
    .action(async (name: string, options: CommonOptions & { deletions?: string }) => {
      const file = resolve(name)
      const folder = resolve(options.data)
      const refuse = (sentence: string) => {
        process.stderr.write(`${sentence}\n`)
        process.exitCode = exitCode.refused
      }
      let outcome
      try {
        outcome = await restore(
          file,
          folder,
          options.deletions === undefined ? undefined : resolve(options.deletions),
        )
      } catch (error) {
        const sentence = refusalOf(error, { folder })
        if (sentence === null) throw error
        return refuse(sentence)
      }
      switch (outcome.kind) {
        case 'restored': {
          const { workspaces, deletions } = outcome
          const told = [
            say('restored', { folder, workspaces }),
            deletions === null ? say('restoredWithoutList') : say('restoredDeletions', { deletions }),
          ]
          process.stdout.write(
            `${options.json ? JSON.stringify({ folder, workspaces, deletions }) : told.join('\n')}\n`,
          )
          return
        }
        case 'no-file':
          return refuse(say('backupMissing', { file }))
        case 'no-list':
          return refuse(say('listMissing', { file: outcome.file }))
        case 'list-damaged':
          return refuse(say('listDamaged', { file: outcome.file }))
        case 'folder-not-empty':
          return refuse(say('folderNotEmpty', { folder }))
        case 'damaged':
          return refuse(say('backupDamaged', { file, reason: outcome.reason }))
        case 'newer':
          return refuse(say('backupNewer', { file }))
      }
    })
}

const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`
