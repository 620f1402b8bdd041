import { useTranslations } from 'use-intl'
import { useFormat } from '../../ui/format.ts'
import type { Column } from '../../ui/data-table.tsx'
import { type Answer, QueryPanel, tableOf } from '../../ui/query-panel.tsx'
import { goesByHand } from './by-hand.ts'
import composer from './composer.module.css'
import type { Effect, Result } from './draft.ts'
import classes from './funnel-panel.module.css'

/** Why a till refuses a coupon that it knows. */
type Reason =
  | 'revoked'
  | 'used'
  | 'not_yet_valid'
  | 'expired'
  | 'held'
  | 'wrong_member'
  | 'blocked'
  | 'out_of_scope'
  | 'min_spend'
  | 'stacking'
  | 'budget'

interface Stage {
  readonly stage: 'issued' | 'delivered' | 'told' | 'downloaded' | 'redeemed'
  readonly coupons: number
  /** The stage before; null for the first. */
  readonly of: number | null
}

/** A file of codes that was downloaded has reached nobody yet, and staff tell members themselves: what was delivered is said of messages alone. */
const stagesOf = ({ issued, delivered, redeemed, definition }: Result): Stage[] => [
  { stage: 'issued', coupons: issued, of: null },
  { stage: passedOn(definition), coupons: delivered, of: issued },
  { stage: 'redeemed', coupons: redeemed, of: delivered },
]

const queuedSaid = { none: 'queued', some: 'queuedForBoth', all: 'queuedForStaff' } as const

function passedOn(definition: Result['definition']): Stage['stage'] {
  if (definition.channel.kind === 'csv') return 'downloaded'
  return goesByHand(definition) === 'all' ? 'told' : 'delivered'
}

/** Issued, delivered, redeemed, and what stands in the way of the messages. */
export function FunnelPanel({
  answer,
  rates,
  refusals,
}: {
  answer: Answer<Result>
  rates: Effect['rates'] | undefined
  refusals: Effect['refusals'] | undefined
}) {
  const t = useTranslations('campaigns.funnel')
  const format = useFormat()
  const columns: Column<Stage>[] = [
    { key: 'stage', header: t('stage'), value: ({ stage }) => stage, cell: ({ stage }) => t(stage) },
    {
      key: 'coupons',
      header: t('coupons'),
      align: 'right',
      value: ({ coupons }) => coupons,
      cell: ({ coupons }) => format.count(coupons),
    },
    {
      key: 'share_of_stage_before',
      header: t('share'),
      align: 'right',
      value: ({ coupons, of }) => (of ? coupons / of : null),
      cell: ({ coupons, of }) => (of ? format.share(coupons, of) : '–'),
    },
  ]
  return (
    <QueryPanel
      name={t('titleNone')}
      title={({ issued, redeemed }) =>
        redeemed === 0
          ? t('titleOut', { issued })
          : t('title', { redeemed: format.count(redeemed), issued: format.count(issued) })
      }
      subtitle={t('subtitle')}
      query={answer}
      table={(result) => tableOf(columns, stagesOf(result))}
      csvName="campaign-funnel"
      minHeight={140}
    >
      {(result) => (
        <>
          <ul className={classes.stages}>
            {stagesOf(result).map(({ stage, coupons, of }) => (
              <li key={stage} className={classes.stage}>
                <span>{t(stage)}</span>
                <span className={classes.track}>
                  <progress
                    className={classes.bar}
                    value={coupons}
                    max={Math.max(result.issued, 1)}
                    aria-hidden="true"
                  />
                </span>
                <span className={classes.count}>{format.count(coupons)}</span>
                <span className={classes.share}>{of ? format.share(coupons, of) : null}</span>
              </li>
            ))}
          </ul>
          <div className={classes.notes}>
            {result.definition.channel.kind === 'csv' && result.codesTakenAt === null ? (
              <p className={composer.help}>{t('codesNotTaken')}</p>
            ) : null}
            {result.queued > 0 ? (
              <p className={composer.help}>
                {t(queuedSaid[goesByHand(result.definition)], { count: result.queued })}
              </p>
            ) : null}
            {result.dead > 0 ? <p className={composer.help}>{t('dead', { count: result.dead })}</p> : null}
            {result.dropped > 0 ? (
              <p className={composer.help}>
                {t('dropped', { count: result.dropped })}{' '}
                {result.droppedFor
                  .map(({ why, messages }) => t('droppedFor', { why: why ?? '–', count: messages }))
                  .join(' · ')}
              </p>
            ) : null}
            {result.newestError ? (
              <p className={composer.help}>{t('lastError', { error: result.newestError })}</p>
            ) : null}
            <p className={composer.help}>
              {t('members', {
                coupons: format.share(
                  result.redemptionRate.coupons.numerator,
                  result.redemptionRate.coupons.denominator,
                ),
                members: format.share(
                  result.redemptionRate.members.numerator,
                  result.redemptionRate.members.denominator,
                ),
              })}
            </p>
            {refusals && refusals.length > 0 ? (
              <p className={composer.help}>
                {t('refused', { count: refusals.reduce((sum, { refused }) => sum + refused, 0) })}{' '}
                {refusals
                  .map(({ reason, refused }) =>
                    t('refusedFor', { reason: t(`reason.${reason as Reason}`), refused }),
                  )
                  .join(' · ')}
              </p>
            ) : null}
            {rates && rates.targeted.campaigns + rates.broadcast.campaigns > 0 ? (
              <p className={composer.help}>
                {t('others', {
                  targeted: rates.targeted.campaigns,
                  targetedRate: format.share(rates.targeted.numerator, rates.targeted.denominator),
                  broadcast: rates.broadcast.campaigns,
                  broadcastRate: format.share(rates.broadcast.numerator, rates.broadcast.denominator),
                })}
              </p>
            ) : null}
          </div>
        </>
      )}
    </QueryPanel>
  )
}
