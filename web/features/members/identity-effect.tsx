import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { useFormat } from '../../ui/format.ts'
import classes from './identities.module.css'

type Preview = inferRouterOutputs<AppRouter>['merges']['preview']
type Side = Preview['before'][number]

/** Both members beside what they come to, and what that does to the shop's figures. */
export function IdentityEffect({ preview }: { preview: Preview }) {
  const t = useTranslations('members.identities')
  const s = useTranslations('status')
  const format = useFormat()
  const { before, after, shopBefore, shopAfter } = preview
  const rows: [string, (side: Side) => string][] = [
    [t('row.phone'), ({ phone }) => phone ?? '–'],
    [t('row.orders'), ({ orders }) => format.count(orders)],
    [t('row.net'), ({ netMinor }) => format.money(netMinor)],
    [t('row.first'), ({ firstDay }) => format.day(firstDay)],
    [t('row.cohort'), ({ cohortMonth }) => format.month(cohortMonth)],
    [t('row.consent'), ({ consent }) => s(`consent.${consent}`)],
    [t('row.tags'), ({ tags }) => tags.join(', ') || '–'],
    [t('row.coupons'), ({ openCoupons }) => format.count(openCoupons)],
    [t('row.tier'), ({ tier }) => tier ?? '–'],
    [t('row.points'), ({ points }) => format.count(points)],
    [t('row.storedValue'), ({ storedValueMinor }) => format.money(storedValueMinor)],
  ]
  const sides = [
    ...before.map((side) => ({ side, when: 'now' as const })),
    ...after.map((side) => ({ side, when: 'then' as const })),
  ]
  const rate = ({ repurchaseRate, repeated, buyers }: typeof shopBefore) =>
    t('rate', { rate: format.percent(repurchaseRate), repeated, buyers })
  return (
    <>
      <div className={classes.scroll}>
        <table className={classes.sides}>
          <caption>{t('effect', { day: format.day(preview.asOf) })}</caption>
          <thead>
            <tr>
              <td />
              {sides.map(({ side, when }) => (
                <th key={`${when} ${side.memberId}`} scope="col" data-when={when}>
                  <span className={classes.note}>{t(when)}</span>
                  {side.memberId}
                  <span className={classes.note}>{side.name ?? '–'}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(([label, value]) => (
              <tr key={label}>
                <th scope="row">{label}</th>
                {sides.map(({ side, when }) => (
                  <td key={`${when} ${side.memberId}`} data-when={when}>
                    {value(side)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <dl className={classes.shop}>
        <div>
          <dt>{t('shop.repurchase')}</dt>
          <dd>
            {rate(shopBefore)} → {rate(shopAfter)}
          </dd>
        </div>
        <div>
          <dt>{t('shop.value')}</dt>
          <dd>
            {shopBefore.value && shopAfter.value
              ? t('shop.valueAfter', {
                  before: format.money(shopBefore.value.cumulativeMinor),
                  after: format.money(shopAfter.value.cumulativeMinor),
                  months: shopAfter.value.period,
                })
              : t('shop.valueUnknown')}
          </dd>
        </div>
        <div>
          <dt>{t('shop.members')}</dt>
          <dd>
            {format.count(shopBefore.members)} → {format.count(shopAfter.members)}
          </dd>
        </div>
      </dl>
    </>
  )
}
