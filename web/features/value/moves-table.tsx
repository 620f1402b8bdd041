import { useMediaQuery } from '@mantine/hooks'
import { useNavigate } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { BarsChart } from '../../ui/bars-chart.tsx'
import { ChartFrame } from '../../ui/chart-frame.tsx'
import { useFormat } from '../../ui/format.ts'
import { HeatTable, type HeatCell } from '../../ui/heat-table.tsx'
import classes from './rfm-moves-panel.module.css'

/** Members who stand in one place on one side and in one on the other. */
interface Move<State extends string> {
  readonly from: State
  readonly to: State
  readonly members: number
  readonly membersExpression: string | null
}

const barHeight = 36
const biggest = 6

/** Who moved from where to where: a table of both sides, and the biggest moves, which is all a phone has room for. */
export function MovesTable<State extends string>({
  rows,
  states,
  called,
  label,
  corner,
  asOf,
}: {
  rows: readonly Move<State>[]
  /** In the order in which they are shown; those without members are left out. */
  states: readonly State[]
  called: (state: State) => string
  label: string
  corner: string
  asOf: string
}) {
  const t = useTranslations('value')
  const format = useFormat()
  const navigate = useNavigate()
  const narrow = useMediaQuery('(max-width: 767px)') ?? false
  const total = (some: readonly Move<State>[]) => some.reduce((sum, { members }) => sum + members, 0)
  const from = states.filter((state) => rows.some((row) => row.from === state && row.members > 0))
  const to = states.filter((state) => rows.some((row) => row.to === state && row.members > 0))
  const moved = rows
    .filter((row) => row.from !== row.to && row.members > 0)
    .toSorted((a, b) => b.members - a.members)
    .slice(0, biggest)
  const cellOf = (row: Move<State> | undefined, here: State, there: State, all: number): HeatCell => {
    const members = row?.members ?? 0
    return {
      value: members / all,
      text: members === 0 ? '' : format.countShort(members),
      spoken: t('moves.spoken', {
        n: members,
        members: format.count(members),
        share: format.percentShort(members / all),
        from: called(here),
        to: called(there),
      }),
      ...(members > 0 && row?.membersExpression ? { members: row.membersExpression } : {}),
    }
  }
  return (
    <>
      {narrow ? null : (
        <HeatTable
          label={label}
          corner={corner}
          sizeHeader={t('column.members')}
          columns={to.map(called)}
          rows={from.map((state) => {
            const some = rows.filter((row) => row.from === state)
            return {
              key: state,
              label: called(state),
              shortLabel: called(state),
              size: format.count(total(some)),
              cells: to.map((other) =>
                cellOf(
                  some.find((row) => row.to === other),
                  state,
                  other,
                  total(some),
                ),
              ),
            }
          })}
          domain={[0, 1]}
          ends={[format.percentShort(0), format.percentShort(1)]}
          states={false}
          asOf={asOf}
        />
      )}
      {moved.length === 0 ? null : (
        <>
          <p className={classes.caption}>{t('moves.biggest')}</p>
          <ChartFrame height={moved.length * barHeight} fixed note={asOf}>
            {(width) => (
              <BarsChart
                width={width}
                barHeight={barHeight}
                label={t('moves.biggest')}
                bars={moved.map((row) => ({
                  key: `${row.from} ${row.to}`,
                  name: t('moves.move', { from: called(row.from), to: called(row.to) }),
                  value: row.members,
                  text: format.count(row.members),
                  members: row.membersExpression ?? undefined,
                }))}
                onBar={(members) => void navigate({ to: '/members', search: { segment: members, asOf } })}
              />
            )}
          </ChartFrame>
        </>
      )}
    </>
  )
}
