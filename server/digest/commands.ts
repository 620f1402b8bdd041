import { resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type Command, Option } from 'commander'
import { answer, type CommonOptions, inWorkspace } from '../command-line/command.ts'
import { languageOf, say } from '../messages/messages.ts'
import { intoNewFile } from '../segments/export-commands.ts'

const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']

/** `reveille digest [--out FILE]`, `digest settings`, `digest recipients add|remove|list`. */
export function digestCommands(program: Command): void {
  const digest = program.command('digest').description('the week on one page, as it is mailed')
  inWorkspace(digest.command('compose', { isDefault: true, hidden: true }))
    .description('print the digest of the last whole week, or write it as an HTML file')
    .usage('--workspace <name> [options]')
    .option('--out <file>', 'HTML, into a new file')
    .option('--as-of <day>', 'as composed on this day instead of today (YYYY-MM-DD)')
    .action((options: CommonOptions & { out?: string; asOf?: string }) =>
      answer(
        options,
        async ({ client }, signal) => {
          const { figures, letter } = await client.digest.compose.query({ day: options.asOf }, { signal })
          if (options.out === undefined) return { ...figures, text: letter.text, file: null }
          const file = resolve(options.out)
          await intoNewFile(file, (out) => pipeline([letter.html], out, { signal }))
          return { ...figures, text: letter.text, file }
        },
        (told) => {
          if (told.file === null) return told.text.trimEnd()
          return told.kind === 'week'
            ? say('digest.written', { ...told.week, file: told.file })
            : say('digest.written-empty', { file: told.file })
        },
      ),
    )

  inWorkspace(digest.command('settings').description('when it goes out; without an option: shows it'))
    .addOption(new Option('--weekday <day>', 'by the shop’s clocks').choices(weekdays))
    .option('--at <time>', 'HH:MM')
    .addOption(new Option('--files <language>', 'write each as a file too').choices(['en', 'zh-CN', 'none']))
    .option('--off', 'send no more')
    .action((options: CommonOptions & { weekday?: string; at?: string; files?: string; off?: boolean }) =>
      answer(
        options,
        async ({ client }, signal) => {
          const { settings, folder } = await client.digest.settings.query(undefined, { signal })
          const { weekday, at, files, off } = options
          const asked = weekday !== undefined || at !== undefined || files !== undefined || off
          if (!asked) return { ...settings, folder }
          const { dueAt: _, ...present } = settings
          const changed = await client.digest.change.mutate(
            {
              ...present,
              on: !off,
              ...(weekday === undefined ? {} : { weekday: weekdays.indexOf(weekday) + 1 }),
              ...(at === undefined ? {} : { time: at }),
              ...(files === undefined
                ? {}
                : { fileLanguage: files === 'none' ? null : files === 'en' ? 'en' : 'zh-CN' }),
            },
            { signal },
          )
          return { ...changed, folder }
        },
        ({ on, weekday, time, fileLanguage, dueAt, folder }) =>
          say('digest.settings', {
            on: on ? 'yes' : 'no',
            weekday: weekdayName(weekday),
            time,
            dueAt: dueAt ?? '',
            files: fileLanguage ?? 'none',
            folder,
          }),
      ),
    )

  const recipients = digest.command('recipients').description('who gets it by mail')
  inWorkspace(recipients.command('add <address>'))
    .description('send it to an address from the next one on')
    .addOption(new Option('--language <language>', 'of the digest').choices(['en', 'zh-CN']).default('en'))
    .addOption(
      new Option('--role <role>', 'what they may do on the dashboard')
        .choices(['owner', 'marketer', 'viewer'])
        .default('viewer'),
    )
    .action(
      (
        address: string,
        options: CommonOptions & { language: 'en' | 'zh-CN'; role: 'owner' | 'marketer' | 'viewer' },
      ) =>
        answer(
          options,
          ({ client }, signal) => {
            const { language, role } = options
            return client.digest.addRecipient.mutate({ address, language, role }, { signal })
          },
          ({ id }) => id,
        ),
    )
  inWorkspace(recipients.command('list'))
    .description('all recipients')
    .action((options: CommonOptions) =>
      answer(
        options,
        async ({ client }, signal) => (await client.digest.settings.query(undefined, { signal })).recipients,
        (all) =>
          all.length === 0
            ? say('digest.recipients-none')
            : all
                .map(({ id, address, language, role }) =>
                  say('digest.recipient-row', { id, address, language, role }),
                )
                .join('\n'),
      ),
    )
  inWorkspace(recipients.command('remove <id>'))
    .description('send it there no more')
    .action((id: string, options: CommonOptions) =>
      answer(
        options,
        async ({ client }, signal) => {
          await client.digest.removeRecipient.mutate({ id }, { signal })
          return { id }
        },
        () => say('digest.recipient-removed'),
      ),
    )
}

/** Monday is the third of January 2000. */
const weekdayName = (weekday: number): string =>
  new Intl.DateTimeFormat(languageOf() === 'zh-CN' ? 'zh-CN' : 'en-GB', {
    weekday: 'long',
    timeZone: 'UTC',
  })
    .format(new Date(Date.UTC(2000, 0, 2 + weekday)))
    .replace('星期', '周')
