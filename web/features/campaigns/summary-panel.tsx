import { Fragment } from 'react'
import { useTranslations } from 'use-intl'
import { useFormat } from '../../ui/format.ts'
import { Panel } from '../../ui/panel.tsx'
import { Failure } from '../../ui/panel-states.tsx'
import type { Answer } from '../../ui/query-panel.tsx'
import classes from './composer.module.css'
import { expectedOf, type Preview } from './draft.ts'
import { useRise } from './rise.ts'

/** The figures of the campaign as it stands in the fields, kept while new ones come. */
export function SummaryPanel({
  estimate,
  complete,
  changing,
}: {
  estimate: Answer<Preview>
  complete: boolean
  /** The fields have moved on from what was asked. */
  changing: boolean
}) {
  const t = useTranslations('campaigns.summary')
  const reasons = useTranslations('campaigns.excluded')
  const format = useFormat()
  const rise = useRise()
  const { data } = estimate
  if (!complete || (!data && !estimate.isError))
    return (
      <Panel title={t('title')}>
        <p className={classes.help} role="status">
          {complete ? t('counting') : t('incomplete')}
        </p>
      </Panel>
    )
  if (estimate.isError || !data)
    return (
      <Panel title={t('title')}>
        <Failure error={estimate.error} retry={() => void estimate.refetch()} />
      </Panel>
    )
  const old = changing || estimate.isPlaceholderData
  const expected = expectedOf(data)
  const about = expected.isDrawn ? 'about' : 'exactly'
  const left = data.excluded.reduce((sum, { members }) => sum + members, 0)
  return (
    <Panel title={t('title')}>
      <dl
        className={`${classes.facts} ${classes.figures} ${old ? classes.old : ''}`}
        aria-live="polite"
        aria-busy={old}
      >
        <dt>{t('audience')}</dt>
        <dd>{format.count(data.members)}</dd>
        <dt>{t('excluded')}</dt>
        <dd>{format.count(left)}</dd>
        {data.excluded.map(({ reason, members }) => (
          <Fragment key={reason}>
            <dt className={classes.reason}>{reasons(reason)}</dt>
            <dd className={classes.reason}>{format.count(members)}</dd>
          </Fragment>
        ))}
        <dt>{t('issued')}</dt>
        <dd>{t(about, { figure: format.count(expected.issued) })}</dd>
        <dt>{t('holdout')}</dt>
        <dd>{t(about, { figure: format.count(data.plan.planned?.members ?? 0) })}</dd>
        <dt>{t('worstCost')}</dt>
        <dd>
          {typeof expected.worstCostMinor === 'number'
            ? t(about, { figure: format.moneyShort(expected.worstCostMinor) })
            : t('unbounded')}
        </dd>
        <dt>{t('proves')}</dt>
        <dd>
          {data.plan.planned === null
            ? t('provesNothing')
            : data.plan.planned.detectable === null
              ? t('provesNone')
              : t('orMore', { points: rise(data.plan.planned.detectable) })}
        </dd>
        <dt>{t('asOf')}</dt>
        <dd>{format.day(data.asOf)}</dd>
      </dl>
    </Panel>
  )
}
