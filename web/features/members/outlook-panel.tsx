import { Link } from '@tanstack/react-router'
import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { QueryPanel, useAnswer, type Answer } from '../../ui/query-panel.tsx'
import type { Member } from './member.ts'
import classes from './members.module.css'

type Outlook = inferRouterOutputs<AppRouter>['members']['outlook']
type Foretold = Extract<Outlook['foretold'], { kind: 'foretold' }>

const askAgainMs = 1500

/** When the member is expected back, how likely that is and what it is worth, in sentences with their own numbers. */
export function OutlookPanel({ member }: { member: Member }) {
  const t = useTranslations('members')
  const format = useFormat()
  const trpc = useTRPC()
  const query = useAnswer({
    ...trpc.members.outlook.queryOptions({ memberId: member.memberId }, { trpc: { abortOnUnmount: true } }),
    refetchInterval: (asked) => (asked.state.data?.foretold.kind === 'computing' ? askAgainMs : false),
  }) as Answer<Outlook>
  return (
    <QueryPanel
      name={t('outlook.title')}
      title={t('outlook.title')}
      subtitle={({ asOf }) => t('outlook.subtitle', { day: format.day(asOf) })}
      definition={t('outlook.definition')}
      query={query}
      minHeight={120}
    >
      {(outlook) => (
        <div className={classes.said}>
          <Story outlook={outlook} usualDays={member.rhythm.usualDays} />
          {outlook.orders > 0 ? <Rhythm outlook={outlook} /> : null}
        </div>
      )}
    </QueryPanel>
  )
}

/** Orders, pace and silence, then what the model says of them, or why it says nothing. */
function Story({ outlook, usualDays }: { outlook: Outlook; usualDays: number | null }) {
  const t = useTranslations('members')
  const v = useTranslations('value')
  const format = useFormat()
  const { foretold, orders, silentDays } = outlook
  if (silentDays === null) return <p className={classes.lead}>{t('outlook.never')}</p>
  const past = t('outlook.past', {
    orders,
    pace: usualDays === null ? 'unknown' : 'known',
    usualDays: usualDays ?? 0,
    silentDays,
  })
  switch (foretold.kind) {
    case 'computing':
      return (
        <p className={classes.lead} role="status">
          {t('outlook.computing', { past, share: format.percentShort(foretold.share) })}
        </p>
      )
    case 'refused':
      return (
        <>
          <p className={classes.lead}>{t('outlook.refused', { past })}</p>
          <p className={classes.note}>
            {foretold.because
              .map((doubt) =>
                v(`clv.doubt.${doubt}`, { buyers: foretold.buyers, repeaters: foretold.repeaters }),
              )
              .join(' ')}{' '}
            <Link to="/value">{t('outlook.cohorts')}</Link>
          </p>
        </>
      )
    case 'foretold':
      return <Told foretold={foretold} past={past} />
    case 'never-bought':
      return null
  }
}

function Told({ foretold, past }: { foretold: Foretold; past: string }) {
  const t = useTranslations('members')
  const v = useTranslations('value')
  const format = useFormat()
  const { alive, value, boughtOnce, doubts } = foretold
  // certainty is nothing that a model has
  const likely =
    alive > 0.99
      ? t('outlook.over', { percent: format.percentShort(0.99) })
      : alive < 0.01
        ? t('outlook.under', { percent: format.percentShort(0.01) })
        : format.percentShort(alive)
  const amountDoubts = value.kind === 'refused' ? value.because : value.doubts
  const notes = [
    ...(value.kind === 'expected'
      ? [
          t('outlook.between', {
            low: format.moneyWhole(value.lowMinor),
            high: format.moneyWhole(value.highMinor),
          }),
        ]
      : []),
    ...(boughtOnce ? [t('outlook.once')] : []),
    ...(doubts.length > 0 || (value.kind === 'expected' && amountDoubts.length > 0)
      ? [v('clv.outcome.with-caution')]
      : []),
    ...doubts.map((doubt) => v(`clv.doubt.${doubt}`, { buyers: 0, repeaters: 0 })),
    ...amountDoubts.map((doubt) => v(`clv.amounts.${doubt}`)),
  ]
  return (
    <>
      <p className={classes.lead}>
        {value.kind === 'expected'
          ? t('outlook.worth', { past, likely, net: format.moneyWhole(value.netMinor) })
          : t('outlook.likely', { past, likely })}
      </p>
      {notes.length > 0 ? <p className={classes.note}>{notes.join(' ')}</p> : null}
    </>
  )
}

function Rhythm({ outlook: { rhythm } }: { outlook: Outlook }) {
  const t = useTranslations('members')
  const s = useTranslations('status')
  const format = useFormat()
  if (rhythm === null) return <p className={classes.note}>{t('outlook.noRhythm')}</p>
  const { nextOrderDay, nextOrderIn, status } = rhythm
  return (
    <>
      <p>
        {nextOrderIn >= 0
          ? t('outlook.next', { day: format.day(nextOrderDay), days: nextOrderIn })
          : t('outlook.overdue', { day: format.day(nextOrderDay), days: -nextOrderIn })}
      </p>
      <p className={classes.note}>{t('outlook.byRhythm', { status: s(`name.${status as 'active'}`) })}</p>
    </>
  )
}
