import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { Command } from 'commander'
import { idsInText } from '../../analytics/segments/ids-in-text.ts'
import { answer, type CommonOptions, inWorkspace, Refused } from '../command-line/command.ts'
import type { Connection } from '../command-line/connect.ts'
import { type Said, say } from '../messages/messages.ts'
import type { Applied } from './apply-rules.ts'
import type { RulePreview } from './set-rule.ts'

interface WhoseOptions extends CommonOptions {
  member?: string[]
  file?: string
  segment?: string
  reason?: string
}

/** `reveille tag list | add | remove | save | merge | rename | retire | history | groups | group | rename-group | remove-group`. */
export function tagCommands(program: Command): void {
  const tag = program.command('tag').description('tags of members: who carries them, and changing that')
  inWorkspace(tag.command('list'))
    .description('every tag with its group, its rule and how many members carry it')
    .action((options: CommonOptions) =>
      answer(
        options,
        ({ client }, signal) => client.tags.list.query(undefined, { signal }),
        (tags) =>
          tags.length === 0
            ? say('tags-none')
            : tags
                .map(({ name, group, exclusive, rule, members, manual, imported, automatic }) =>
                  say('tags-row', {
                    name,
                    group: group ?? '',
                    grouped: group === null ? 'no' : exclusive ? 'exclusive' : 'yes',
                    members,
                    manual,
                    imported,
                    automatic,
                    ruled: rule === null ? 'no' : 'yes',
                    rule: rule ?? '',
                  }),
                )
                .join('\n'),
      ),
    )
  for (const carries of [true, false])
    inWorkspace(tag.command(carries ? 'add <tag>' : 'remove <tag>'))
      .description(carries ? 'put a tag on members' : 'take a tag off members')
      .option('--member <id...>', 'these members')
      .option('--file <path>', 'the members of a file: one id a line, or the first column of a CSV')
      .option('--segment <expression>', 'everyone whom a rule selects')
      .option('--reason <text>', 'why; kept with it')
      .action((name: string, options: WhoseOptions) =>
        answer(
          options,
          ({ client }, signal) => {
            const asked = { tag: name, whose: whoseOf(options), reason: options.reason }
            return client.tags[carries ? 'add' : 'remove'].mutate(asked, { signal })
          },
          ({ members }) => say(carries ? 'tag-put-on' : 'tag-taken-off', { tag: name, members }),
        ),
      )
  inWorkspace(tag.command('save <tag>'))
    .description('make a tag, or change its colour, description or group')
    .option('--colour <1-8>', 'which of the colours', Number)
    .option('--description <text>', 'what it means')
    .option('--group <name>', 'the group that it belongs to')
    .option('--no-group', 'it belongs to none')
    .action(
      (
        name: string,
        options: CommonOptions & { colour?: number; description?: string; group?: string | boolean },
      ) =>
        answer(
          options,
          async ({ client }, signal) => {
            const { colour, description, group } = options
            const asked = typeof group === 'string' ? { group } : group === false ? { group: null } : {}
            await client.tags.save.mutate({ name, colour, description, ...asked }, { signal })
            return { tag: name }
          },
          () => say('tag-saved', { tag: name }),
        ),
    )
  inWorkspace(tag.command('merge <from> <into>'))
    .description('make one tag of two')
    .option('--reason <text>', 'why; kept with it')
    .option('--yes', 'also where segments, rules or campaigns ask for it')
    .action((from: string, into: string, options: CommonOptions & { reason?: string; yes?: boolean }) =>
      answer(
        options,
        async ({ client }, signal) => {
          if (!options.yes) await sayUses(client, from, 'tag-merge-used', signal)
          return client.tags.merge.mutate({ from, into, reason: options.reason }, { signal })
        },
        ({ members }) => say('tag-merged', { from, into, members }),
      ),
    )
  inWorkspace(tag.command('rename <from> <to>'))
    .description('give a tag another name, in rules too')
    .option('--reason <text>', 'why; kept with it')
    .action((from: string, to: string, options: CommonOptions & { reason?: string }) =>
      answer(
        options,
        ({ client }, signal) => client.tags.rename.mutate({ from, to, reason: options.reason }, { signal }),
        ({ members }) => say('tag-renamed', { from, to, members }),
      ),
    )
  inWorkspace(tag.command('retire <tag>'))
    .description('take a tag off everybody and out of the list')
    .option('--reason <text>', 'why; kept with it')
    .option('--yes', 'also where segments, rules or campaigns ask for it')
    .action((name: string, options: CommonOptions & { reason?: string; yes?: boolean }) =>
      answer(
        options,
        async ({ client }, signal) => {
          if (!options.yes) await sayUses(client, name, 'tag-retire-used', signal)
          return client.tags.retire.mutate({ tag: name, reason: options.reason }, { signal })
        },
        ({ members }) => say('tag-retired', { tag: name, members }),
      ),
    )
  inWorkspace(tag.command('history <tag>'))
    .description('who did what with a tag, when and why')
    .action((name: string, options: CommonOptions) =>
      answer(
        options,
        ({ client }, signal) => client.tags.history.query({ tag: name }, { signal }),
        ({ changes, runs }) =>
          [
            ...changes.map(({ at, action, origin, detail, members, by, reason }) => ({
              at,
              line: say('tag-change', {
                at: at.slice(0, 16).replace('T', ' '),
                action: action.replace('-', '_'),
                origin,
                detail: detail ?? '',
                members,
                by,
                why: reason === '' ? 'no' : 'yes',
                reason,
              }),
            })),
            ...runs.map(({ at, asOf, putOn, takenOff }) => ({
              at,
              line: say('tag-rule-run', { at: at.slice(0, 16).replace('T', ' '), asOf, putOn, takenOff }),
            })),
          ]
            .toSorted((one, other) => other.at.localeCompare(one.at))
            .map(({ line }) => line)
            .join('\n') || say('tag-history-none'),
      ),
    )
  inWorkspace(tag.command('rule <tag> [expression]'))
    .description('the rule that puts a tag on; without --yes only says what would happen')
    .option('--yes', 'switch it on')
    .option('--off', 'switch the rule off')
    .option('--reason <text>', 'why; kept with it')
    .action(
      (
        name: string,
        expression: string | undefined,
        options: CommonOptions & { yes?: boolean; off?: boolean; reason?: string },
      ) =>
        answer(
          options,
          async ({ client }, signal): Promise<RuleDone> => {
            const { reason } = options
            if (options.off) {
              const { applied } = await client.tags.dropRule.mutate({ tag: name, reason }, { signal })
              return { kind: 'off', tag: name, applied }
            }
            if (expression === undefined) throw new Refused(say('tag-rule-missing'))
            const asked = { tag: name, expression }
            return options.yes
              ? {
                  kind: 'on',
                  tag: name,
                  ...(await client.tags.setRule.mutate({ ...asked, reason }, { signal })),
                }
              : { kind: 'preview', tag: name, ...(await client.tags.previewRule.mutate(asked, { signal })) }
          },
          (done) =>
            done.kind === 'preview'
              ? say('tag-rule-preview', {
                  tag: name,
                  asOf: done.asOf,
                  members: done.members,
                  gains: done.gains,
                  losses: done.losses,
                  keptOff: done.keptOff,
                  untouched: done.untouched,
                  covered: done.covered,
                  replaces: done.replaces,
                })
              : [
                  done.kind === 'on'
                    ? say('tag-rule-set', { tag: name, expression: done.expression })
                    : say('tag-rule-dropped', { tag: name }),
                  appliedWords(done.applied),
                ].join('\n'),
        ),
    )
  inWorkspace(tag.command('proposals'))
    .description(
      'automatic tags that can be switched on with `tag rule`, with thresholds from the shop’s own data',
    )
    .action((options: CommonOptions) =>
      answer(
        options,
        ({ client }, signal) => client.tags.proposals.query(undefined, { signal }),
        ({ proposals }) =>
          proposals
            .map(({ tag: name, description, expression, why, members }) =>
              say('tag-proposal', {
                name,
                description,
                ruled: expression === null ? 'no' : 'yes',
                rule: expression ?? '',
                why,
                members,
              }),
            )
            .join('\n'),
      ),
    )
  inWorkspace(tag.command('apply'))
    .description('bring automatic tags in line with the data and the day; a server does it by itself')
    .action((options: CommonOptions) =>
      answer(
        options,
        ({ client }, signal) => client.tags.applyRules.mutate(undefined, { signal }),
        ({ applied }) => appliedWords(applied),
      ),
    )
  inWorkspace(tag.command('groups'))
    .description('the groups of tags')
    .action((options: CommonOptions) =>
      answer(
        options,
        ({ client }, signal) => client.tags.groups.query(undefined, { signal }),
        (groups) =>
          groups.length === 0
            ? say('tag-groups-none')
            : groups
                .map(({ name, exclusive, tags, covered }) =>
                  say('tag-group-row', {
                    name,
                    exclusive: exclusive ? 'yes' : 'no',
                    tags: tags.join('、') || '–',
                    covered,
                  }),
                )
                .join('\n'),
      ),
    )
  inWorkspace(tag.command('group <name>'))
    .description('make a group, or say whether a member carries one tag of it at most')
    .option('--exclusive', 'a member carries one tag of it at most')
    .action((name: string, options: CommonOptions & { exclusive?: boolean }) =>
      answer(
        options,
        async ({ client }, signal) => {
          const group = { name, exclusive: options.exclusive === true }
          await client.tags.saveGroup.mutate(group, { signal })
          return group
        },
        ({ exclusive }) => say('tag-group-saved', { name, exclusive: exclusive ? 'yes' : 'no' }),
      ),
    )
  inWorkspace(tag.command('rename-group <from> <to>'))
    .description('give a group of tags another name')
    .action((from: string, to: string, options: CommonOptions) =>
      answer(
        options,
        ({ client }, signal) => client.tags.renameGroup.mutate({ from, to }, { signal }),
        ({ tags }) => say('tag-group-renamed', { from, to, tags }),
      ),
    )
  inWorkspace(tag.command('remove-group <name>'))
    .description('take a group away; its tags stay, in no group')
    .action((name: string, options: CommonOptions) =>
      answer(
        options,
        ({ client }, signal) => client.tags.removeGroup.mutate({ name }, { signal }),
        ({ tags }) => say('tag-group-removed', { name, tags }),
      ),
    )
}

/** Throws Refused with what a tag stands in, where it stands in anything. */
async function sayUses(
  client: Connection['client'],
  tag: string,
  id: 'tag-merge-used' | 'tag-retire-used',
  signal: AbortSignal,
): Promise<void> {
  const { segments, tags, campaigns } = await client.tags.uses.query({ tag }, { signal })
  const named: Said[] = [
    ...segments.map(({ name }): Said => ({ id: 'used-by-segment', values: { name } })),
    ...tags.map((name): Said => ({ id: 'used-by-tag', values: { name } })),
    ...campaigns.map(({ name }): Said => ({ id: 'used-by-campaign', values: { name } })),
  ]
  if (named.length > 0) throw new Refused(say(id, { tag, uses: { named } }))
}

type RuleDone =
  | ({ kind: 'preview'; tag: string } & RulePreview)
  | { kind: 'on'; tag: string; expression: string; applied: Applied | null }
  | { kind: 'off'; tag: string; applied: Applied | null }

function appliedWords(applied: Applied | null): string {
  if (!applied) return say('tags-current')
  const { rules, putOn, takenOff, refused } = applied
  const done = say('tags-applied', { rules, putOn, takenOff })
  return refused.length === 0 ? done : `${done}\n${say('tags-refused', { tags: refused.join('、') })}`
}

function whoseOf({ member, file, segment }: WhoseOptions) {
  if ([member, file, segment].filter((one) => one !== undefined).length !== 1)
    throw new Refused(say('tag-whose'))
  if (segment !== undefined) return { kind: 'segment' as const, expression: segment }
  if (member !== undefined) return { kind: 'members' as const, memberIds: member }
  return { kind: 'members' as const, memberIds: idsIn(file!), file: basename(file!) }
}

/** The ids of a file. Throws Refused when it can't be read or has none. */
function idsIn(path: string): string[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new Refused(
      say('tag-file-unread', { file: path, reason: (error as NodeJS.ErrnoException).code ?? '' }),
    )
  }
  const ids = idsInText(text)
  if (ids.length === 0) throw new Refused(say('tag-file-empty', { file: path }))
  return ids
}
