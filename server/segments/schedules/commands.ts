import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { answer, type CommonOptions, inWorkspace, Refused } from '../../command-line/command.ts'
import { say } from '../../messages/messages.ts'
import {
  segmentColumns,
  segmentExportFormats,
  type SegmentExportFormat,
  usualColumns,
} from '../export-columns.ts'
import type { SegmentFile } from '../files/segment-file.ts'
import { segmentNamed } from '../named.ts'

const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']
const lists = ['call-lists', 'wecom'] as const

interface AddOptions extends CommonOptions {
  at: string
  weekly?: string
  keep?: string
  format: SegmentExportFormat | (typeof lists)[number]
  columns?: string
  includeUnknown?: boolean
}

/** `reveille segment schedule add NAME --at HH:MM | list | remove ID | run ID`. */
export function scheduleCommands(segment: Command): void {
  const schedule = segment
    .command('schedule')
    .description('write the members of a saved segment into a folder by itself, while a server runs')
  inWorkspace(schedule.command('add <name>'))
    .description('write a file every day, or once a week, at a time of the shop’s zone')
    .requiredOption('--at <time>', 'HH:MM')
    .addOption(new Option('--weekly <day>', 'once a week; default: every day').choices(weekdays))
    .option('--keep <n>', 'so many files are kept; default 14')
    .addOption(
      new Option('--format <format>', 'kind of file')
        .choices([...segmentExportFormats, ...lists])
        .default('csv'),
    )
    .option('--columns <columns>', `by commas, in the order wanted, of: ${segmentColumns.join(', ')}`)
    .option(
      '--include-unknown',
      'in lists, also members of whom it is not known whether they may be contacted',
    )
    .action((name: string, options: AddOptions) =>
      answer(
        options,
        async ({ client }, signal) => {
          const { id } = await segmentNamed(client, name, signal)
          const asked = {
            id,
            file: fileOf(options),
            weekday: options.weekly === undefined ? null : weekdays.indexOf(options.weekly) + 1,
            time: options.at,
            ...(options.keep === undefined ? {} : { keep: Number(options.keep) }),
          }
          const { kind: _, ...added } = await client.segmentSchedules.add.mutate(asked, { signal })
          return added
        },
        ({ scheduleId, dueAt, folder }) => say('schedule-added', { scheduleId, dueAt, folder }),
      ),
    )
  inWorkspace(schedule.command('list'))
    .description('all schedules with what was written last')
    .action((options: CommonOptions) =>
      answer(
        options,
        ({ client }, signal) => client.segmentSchedules.list.query({}, { signal }),
        ({ folder, schedules }) =>
          schedules.length === 0
            ? say('schedules-none', { folder })
            : schedules
                .map(({ id, segment: named, file, weekday, time, dueAt, runs: [last] }) =>
                  [
                    say('schedule-row', {
                      id,
                      segment: named,
                      file: file.kind === 'members' ? file.format : file.kind,
                      weekday: weekday === null ? 'daily' : weekdays[weekday - 1]!,
                      time,
                      dueAt,
                    }),
                    ...(last ? [runLine(last, folder)] : []),
                  ].join('\n    '),
                )
                .join('\n'),
      ),
    )
  inWorkspace(schedule.command('remove <id>'))
    .description('end a schedule; files that it wrote stay')
    .action((id: string, options: CommonOptions) =>
      answer(
        options,
        async ({ client }, signal) => {
          await client.segmentSchedules.remove.mutate({ id }, { signal })
          return { scheduleId: id }
        },
        () => say('schedule-removed'),
      ),
    )
  inWorkspace(schedule.command('run <id>'))
    .description('write the file of a schedule now')
    .action((id: string, options: CommonOptions) =>
      answer(
        options,
        async ({ client }, signal) => {
          const run = await client.segmentSchedules.run.mutate({ id }, { signal })
          if (run.failure !== null) throw new Refused(run.failure)
          return run
        },
        (run) => runLine(run, run.folder),
      ),
    )
}

function fileOf({ format, columns, includeUnknown = false }: AddOptions): SegmentFile {
  if (format === 'call-lists' || format === 'wecom') return { kind: format, includeUnknown }
  const chosen = columns?.split(',').map((column) => column.trim()) ?? [...usualColumns]
  const known = segmentColumns.filter((column) => chosen.includes(column))
  const wrong = chosen.find((column) => !known.some((one) => one === column))
  if (wrong !== undefined)
    throw new Refused(say('no-such-column', { column: wrong, columns: { listed: segmentColumns } }))
  return { kind: 'members', format, columns: chosen as (typeof known)[number][] }
}

const runLine = (
  run: { endedAt: string; fileName: string | null; listed: number | null; failure: string | null },
  folder: string,
): string =>
  run.failure !== null
    ? say('schedule-failed', { at: run.endedAt, reason: run.failure })
    : run.fileName === null
      ? say('schedule-forgotten', { at: run.endedAt })
      : say('schedule-written', { file: join(folder, run.fileName), members: run.listed ?? 0 })
