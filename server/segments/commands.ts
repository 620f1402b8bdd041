import type { Command } from 'commander'
import { moneyText } from '../messages/money.ts'
import { languageOf, say } from '../messages/messages.ts'
import type { Explanation } from '../../analytics/segments/explain.ts'
import { setTimeout as pause } from 'node:timers/promises'
import type { Connection } from '../command-line/connect.ts'
import { answer, common, type CommonOptions, inWorkspace, Refused } from '../command-line/command.ts'
import { compareCommand, overlapCommand } from './compare/commands.ts'
import { suggestCommand } from './suggest/commands.ts'
import { segmentExportCommand } from './export-commands.ts'
import { listCommands } from './files/commands.ts'
import { segmentNamed } from './named.ts'
import { pointed } from './pointed.ts'
import { saidRule } from './said-rule.ts'
import { scheduleCommands } from './schedules/commands.ts'
import { webhookCommands } from './webhooks/commands.ts'

interface AskOptions extends CommonOptions {
  asOf?: string
}

/** `reveille segment check | count | list | export | call-lists | wecom | explain EXPR`, `overlap EXPR…`, `compare A [B]`, `history NAME`, `suggest` and `starters`. */
export function segmentCommands(program: Command): void {
  const segment = program.command('segment').description('check rules and ask whom they select')
  common(segment.command('check <expression>'))
    .description('whether a text is a rule')
    .option('--workspace <name>', 'taken as the other commands take it; a rule reads alike in all')
    .action((expression: string, options: CommonOptions) =>
      answer(
        options,
        async ({ client }, signal) => {
          const checked = await client.segments.check.query({ expression }, { signal })
          if (checked.kind === 'rule') return checked
          throw new Refused(checked.errors.map((error) => pointed(expression, error)).join('\n'))
        },
        (checked) => saidRule(checked.expression),
      ),
    )
  asked(segment.command('count <expression>'))
    .description('how many members a rule selects')
    .action((expression: string, options: AskOptions) =>
      answer(
        options,
        ({ client }, signal) => client.segments.count.query({ expression, asOf: options.asOf }, { signal }),
        ({ members, all, asOf }) => say('segment-counted', { members, all, asOf }),
      ),
    )
  asked(segment.command('list <expression>'))
    .description('the ids of the members a rule selects')
    .action((expression: string, options: AskOptions) =>
      answer(
        options,
        async ({ client }, signal) => {
          const page = (at: { after?: string | undefined; dataVersion?: number }) =>
            client.segments.memberIds.query({ expression, asOf: options.asOf, ...at }, { signal })
          const { expression: canonical, asOf, dataVersion, members, memberIds } = await page({})
          while (memberIds.length < members) {
            const next = await page({ after: memberIds.at(-1), dataVersion })
            if (next.memberIds.length === 0)
              throw new Refused(say('list-ended', { had: memberIds.length, members }))
            memberIds.push(...next.memberIds)
          }
          return { expression: canonical, asOf, dataVersion, members, memberIds }
        },
        ({ memberIds }) => memberIds.join('\n'),
      ),
    )
  segmentExportCommand(asked(segment.command('export <expression> <file>')))
  overlapCommand(asked(segment.command('overlap <expressions...>')))
  compareCommand(asked(segment.command('compare <a> [b]')))
  listCommands(segment, asked)
  webhookCommands(segment)
  scheduleCommands(segment)
  asked(segment.command('explain <expression>'))
    .description('why a member is in or not')
    .requiredOption('--member <id>', "the member's id")
    .action((expression: string, options: AskOptions & { member: string }) =>
      answer(
        options,
        async ({ client }, signal) => {
          const { kind: _, ...explained } = await client.segments.explain.query(
            { expression, asOf: options.asOf, memberId: options.member },
            { signal },
          )
          return explained
        },
        ({ memberId, selected, asOf, explanation, currency }) =>
          [
            say(selected ? 'member-in' : 'member-not-in', { memberId, asOf }),
            ...lines(explanation, '', currency),
          ].join('\n'),
      ),
    )
  suggestCommand(inWorkspace(segment.command('suggest')))
  inWorkspace(segment.command('starters'))
    .description('segments to begin with, with thresholds from the shop’s own data')
    .action((options: CommonOptions) =>
      answer(
        options,
        ({ client }, signal) => client.segments.starters.query(undefined, { signal }),
        ({ starters }) =>
          starters
            .map(({ title, use, expression, why, members }) =>
              say('segment-starter', {
                title,
                use,
                ruled: expression === null ? 'no' : 'yes',
                rule: expression === null ? '' : saidRule(expression),
                why,
                members,
              }),
            )
            .join('\n'),
      ),
    )
  inWorkspace(segment.command('history <name>'))
    .description('how many members a saved segment had week by week, and who entered and left')
    .action((named: string, options: CommonOptions) =>
      answer(options, ({ client }, signal) => historyOf(client, named, signal), historyLines),
    )
}

/** Waits until every week is counted; who gives up ends the counting. */
async function historyOf(client: Connection['client'], named: string, signal: AbortSignal) {
  const { id } = await segmentNamed(client, named, signal)
  try {
    for (let waitMs = 100; ; waitMs = Math.min(2 * waitMs, 2_000)) {
      const history = await client.segmentHistory.sizes.query({ id }, { signal })
      if (history.phase === 'stopped') await client.segmentHistory.continue.mutate({ id }, { signal })
      if (history.phase === 'done') {
        const movement = await client.segmentHistory.movement.query({ id }, { signal })
        return { ...history, movement }
      }
      await pause(waitMs, undefined, { signal })
    }
  } catch (error) {
    if (signal.aborted) await client.segmentHistory.stop.mutate({ id })
    throw error
  }
}

function historyLines({
  points,
  versions,
  withoutPast,
  movement,
}: Awaited<ReturnType<typeof historyOf>>): string {
  const sizes = points.map(({ day, members }, i) => {
    const before = points[i - 1]?.day ?? ''
    const saved = versions.filter((one) => (i === 0 || one.day > before) && one.day <= day)
    const late = i === points.length - 1 ? versions.filter((one) => one.day > day) : []
    const marks = [...saved, ...late].map(({ version }) => say('history-version', { version }))
    return [day, members ?? say('history-unknown'), ...marks].join('\t')
  })
  const conditions = { listed: withoutPast.map((one) => one[languageOf()]) }
  const without =
    withoutPast.length === 0 ? [] : [say('history-without-past', { n: withoutPast.length, conditions })]
  if (movement.kind === 'not-yet') {
    const { since } = movement
    return [...without, ...sizes, say('movement-not-yet', { since: since ?? 'never' })].join('\n')
  }
  const { from, asOf, entered, left, kept } = movement
  const causes = [
    ...entered.causes.map((one) => ['history-entered', one] as const),
    ...left.causes.map((one) => ['history-left', one] as const),
  ].map(([id, { cause, members }]) => say(id, { cause: say(`cause-${cause}`), members }))
  return [
    ...without,
    ...sizes,
    say('history-moved', { from, asOf, entered: entered.members, left: left.members }),
    ...causes,
    ...(kept ? [] : [say('history-unkept', { from })]),
  ].join('\n')
}

const asked = (command: Command): Command =>
  inWorkspace(command).option('--as-of <day>', 'YYYY-MM-DD, inclusive')

function lines(explanation: Explanation, indent: string, currency: string): string[] {
  const mark = explanation.holds ? '✓' : '✗'
  if (explanation.kind === 'everyone') return [`${indent}${mark} ${say('explained-everyone')}`]
  if (explanation.kind === 'random') {
    const { text, drawn, flip } = explanation
    const turn = flip ? ` ${say('turns-at', { value: `${flip.value}%`, by: 'none', lapse: 'none' })}` : ''
    return [
      `${indent}${mark} ${saidRule(text)}${drawn === null ? '' : `: ${say('drawn', { number: String(drawn) })}`}${turn}`,
    ]
  }
  if (explanation.kind !== 'clause')
    return [
      `${indent}${mark} ${headOf(explanation)}`,
      ...explanation.parts.flatMap((part) => lines(part, `${indent}  `, currency)),
    ]
  const { text, value, flip, valueKind, has, tagging } = explanation
  const told = (one: string | number | boolean) =>
    valueKind === 'money' && typeof one === 'number'
      ? moneyText(one, currency, languageOf())
      : `${one}${valueKind === 'percent' ? '%' : ''}`
  const own =
    valueKind !== 'set'
      ? `: ${value === null ? say('value-unknown') : told(value)}`
      : has
        ? `: ${has.length === 0 ? say('set-empty') : has.join(', ')}`
        : ''
  const turn = tagging
    ? ` ${say('turns-by-tag', { kind: tagging.kind === 'take-off' ? 'takeoff' : 'puton', n: tagging.tags.length, tags: { listed: tagging.tags } })}`
    : !flip
      ? ''
      : ` ${flip.onDay ? say('turns-on', { value: told(flip.value), day: flip.onDay }) : say('turns-at', { value: told(flip.value), by: flip.by ?? 'none', lapse: flip.lapsesOn ?? 'none' })}`
  return [`${indent}${mark} ${saidRule(text)}${own}${turn}`]
}

function headOf(explanation: Exclude<Explanation, { kind: 'everyone' | 'clause' | 'random' }>): string {
  if (explanation.kind === 'segment') return say('explained-segment', { name: explanation.name })
  if (explanation.kind === 'on') return say('explained-on', { day: explanation.day })
  return say(`explained-${explanation.kind}`)
}
