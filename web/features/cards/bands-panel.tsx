import { Link, useNavigate } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { usePopulation } from '../../filters/population.ts'
import { BarsChart } from '../../ui/bars-chart.tsx'
import { ChartFrame } from '../../ui/chart-frame.tsx'
import { useFindingText } from '../../ui/finding.ts'
import { useFormat } from '../../ui/format.ts'
import { MembersLink } from '../../ui/members-link.tsx'
import { QueryPanel, tableOf, type Answer } from '../../ui/query-panel.tsx'
import type { CardsAnswer, CardsRow } from './tiers-panel.tsx'

const barHeight = 40
const ofKind = {
  points: { words: 'points', finding: 'cards.points-quiet' },
  'stored value': { words: 'stored', finding: 'cards.stored-quiet' },
} as const

/** How points or stored value spread over members, and what the quiet ones hold. */
export function BandsPanel({ kind, answer }: { kind: keyof typeof ofKind; answer: Answer<CardsAnswer> }) {
  const t = useTranslations('cards')
  const format = useFormat()
  const population = usePopulation()
  const navigate = useNavigate()
  const { words, finding } = ofKind[kind]
  const findingText = useFindingText(t, `finding.${words}Neutral`)
  const amount = (value: number | null) => (kind === 'points' ? format.count(value) : format.money(value))
  const amountShort = (value: number) =>
    kind === 'points' ? format.countShort(value) : format.moneyShort(value)
  const limit = (value: number) => (kind === 'points' ? format.count(value) : format.moneyWhole(value))
  const named = ({ known, from, to }: CardsRow): string => {
    if (!known) return t(`${words}.unknown`)
    if (from === null) return t('below', { value: limit(0) })
    if (to === null) return t('from', { value: limit(from) })
    if (from === to) return t(`${words}.none`)
    return kind === 'points'
      ? t('between', { from: limit(from), to: limit(to) })
      : from === 1
        ? t('under', { value: limit(to + 1) })
        : t('fromTo', { from: limit(from), to: limit(to + 1) })
  }
  const bands = ({ rows }: CardsAnswer) => rows.filter((row) => row.kind === kind)
  return (
    <QueryPanel
      name={t(`${words}.title`)}
      title={({ findings }) => findingText(findings.filter(({ id }) => id === finding))}
      subtitle={t(`${words}.subtitle`)}
      about={population.about}
      definition={({ quietDays }) => population.note(t(`${words}.definition`, { days: quietDays }))}
      query={answer}
      isEmpty={(data) => bands(data).every(({ known }) => !known)}
      empty={{ reason: t(`${words}.empty`), action: <Link to="/data">{t('toData')}</Link> }}
      csvName={kind === 'points' ? 'points-held' : 'stored-value'}
      minHeight={300}
      table={(data) =>
        tableOf<CardsRow>(
          [
            {
              key: 'band',
              header: t(`${words}.band`),
              value: ({ known, from, to }) => (known ? `${from ?? ''}..${to ?? ''}` : null),
              cell: named,
            },
            {
              key: 'members',
              header: t('column.members'),
              align: 'right',
              value: ({ members }) => members,
              cell: ({ members, membersExpression }) => (
                <MembersLink members={membersExpression} asOf={data.asOf}>
                  {format.count(members)}
                </MembersLink>
              ),
            },
            {
              key: 'held',
              header: t(`${words}.held`),
              align: 'right',
              value: ({ held }) => held,
              cell: ({ held }) => amount(held),
            },
            {
              key: 'quiet_members',
              header: t('column.quiet'),
              align: 'right',
              value: ({ quietMembers }) => quietMembers,
              cell: ({ quietMembers, quietExpression }) => (
                <MembersLink members={quietMembers > 0 ? quietExpression : null} asOf={data.asOf}>
                  {format.count(quietMembers)}
                </MembersLink>
              ),
            },
            {
              key: 'quiet_held',
              header: t(`${words}.quietHeld`),
              align: 'right',
              value: ({ quietHeld }) => quietHeld,
              cell: ({ quietHeld }) => amount(quietHeld),
            },
          ],
          bands(data),
        )
      }
    >
      {(data) => (
        <ChartFrame height={bands(data).length * barHeight} fixed note={data.asOf}>
          {(width) => (
            <BarsChart
              width={width}
              barHeight={barHeight}
              label={t(`${words}.title`)}
              bars={bands(data).map((row) => ({
                key: `${row.known} ${row.from}`,
                name: named(row),
                value: row.members,
                text: format.count(row.members),
                note:
                  row.held === null || row.to === 0
                    ? t('quietOf', { quiet: format.share(row.quietMembers, row.members) })
                    : t(`${words}.note`, {
                        held: amountShort(row.held),
                        quiet: amountShort(row.quietHeld ?? 0),
                      }),
                members: row.membersExpression,
              }))}
              onBar={(members) =>
                void navigate({ to: '/members', search: { segment: members, asOf: data.asOf } })
              }
            />
          )}
        </ChartFrame>
      )}
    </QueryPanel>
  )
}
