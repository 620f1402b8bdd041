import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { QueryPanel, useAnswer, type Answer } from '../../ui/query-panel.tsx'
import { useRuleSentence } from '../../ui/rule.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import classes from './members.module.css'

type WhatNext = inferRouterOutputs<AppRouter>['members']['whatNext']
type Advice = WhatNext['advice']
type Because = Extract<Advice, { kind: 'nothing' }>['because']

/** What to send the member next and why, or why nothing, and the groups in which they stand. */
export function NextPanel({ memberId }: { memberId: string }) {
  const t = useTranslations('members')
  const trpc = useTRPC()
  const query = useAnswer(
    trpc.members.whatNext.queryOptions({ memberId }, { trpc: { abortOnUnmount: true } }),
  ) as Answer<WhatNext>
  return (
    <QueryPanel
      name={t('next.title')}
      title={({ advice, standsIn }: WhatNext) =>
        advice.kind === 'send'
          ? t('next.send', { group: titleOf(standsIn, advice.group) })
          : t(`next.${advice.kind}`)
      }
      subtitle={t('next.subtitle')}
      definition={t('next.definition')}
      query={query}
      minHeight={120}
    >
      {(next) => (
        <div className={classes.said}>
          <Said next={next} />
          <StandsIn next={next} />
        </div>
      )}
    </QueryPanel>
  )
}

const titleOf = (standsIn: WhatNext['standsIn'], id: string) =>
  standsIn.find((one) => one.id === id)?.title ?? id

function Said({ next: { advice, standsIn } }: { next: WhatNext }) {
  const t = useTranslations('members')
  const { role } = useWorkspace()
  const sentence = useRuleSentence('')
  const because = useBecause()
  if (advice.kind === 'nothing') return <p className={classes.lead}>{because(advice.because)}</p>
  const group = standsIn.find(({ id }) => id === (advice.kind === 'send' ? advice.group : 'coupon-expiring'))
  const mayPlan = role === 'owner' || role === 'marketer'
  return (
    <>
      <p className={classes.lead}>
        {advice.kind === 'send'
          ? group?.use
          : t('next.lapses', {
              campaign: advice.coupon.campaign ?? 'none',
              days: advice.coupon.daysLeft ?? 0,
            })}
      </p>
      {group ? <p>{t('next.why', { rule: sentence(group.expression) })}</p> : null}
      {advice.notes.map((note) => (
        <p key={note} className={classes.note}>
          {t(`next.note.${note}`)}
        </p>
      ))}
      {group && mayPlan ? (
        <div>
          <Button
            component={Link}
            to={
              `/campaigns/new?segment=${encodeURIComponent(group.expression)}&name=${encodeURIComponent(group.title)}` as never
            }
          >
            {t('next.plan')}
          </Button>
        </div>
      ) : null}
    </>
  )
}

/** Why nothing is to be sent, as a sentence. */
function useBecause(): (because: Because) => string {
  const t = useTranslations('members')
  const format = useFormat()
  return (because) => {
    switch (because.id) {
      case 'barred':
        return t(`next.barred.${because.reason as 'consent-denied'}`)
      case 'under-way': {
        const { campaign, nextDay } = because.campaign
        return nextDay === null
          ? t('next.waits', { campaign })
          : t('next.underWay', { campaign, day: format.day(nextDay) })
      }
      case 'just-bought':
        return t('next.justBought', { days: because.silentDays })
      case 'holds-coupon': {
        const { campaign, lastDay } = because.coupon
        return t('next.holdsCoupon', {
          campaign: campaign ?? 'none',
          until: lastDay === null ? 'none' : 'day',
          day: format.day(lastDay),
        })
      }
      case 'capped':
        return t('next.capped', { had: because.had, days: because.days })
      case 'in-rhythm':
        return t('next.inRhythm', { days: because.nextOrderIn })
      case 'no-reason':
        return t('next.noReason')
    }
  }
}

function StandsIn({ next: { standsIn, status, rfmGroup, valueDecile, consent } }: { next: WhatNext }) {
  const t = useTranslations('members')
  const s = useTranslations('status')
  const v = useTranslations('value')
  const links = [
    { title: t('next.status', { status: s(`name.${status as 'active'}`) }), segment: `status = "${status}"` },
    ...(rfmGroup === null
      ? []
      : [
          {
            title: t('next.rfm', { group: v(`rfm.group.${rfmGroup as 'new'}`) }),
            segment: `rfm_group = "${rfmGroup}"`,
          },
        ]),
    ...(valueDecile === null
      ? []
      : [{ title: t('next.decile', { decile: valueDecile }), segment: `value_decile = ${valueDecile}` }]),
    ...standsIn.map(({ title, expression }) => ({ title, segment: expression })),
  ]
  return (
    <div className={classes.standsIn}>
      <span className={classes.note}>{t('next.standsIn')}</span>
      <ul>
        {links.map(({ title, segment }) => (
          <li key={segment}>
            <Link to="/members" search={{ segment } as never}>
              {title}
            </Link>
          </li>
        ))}
        <li>{s(`consent.${consent}`)}</li>
      </ul>
    </div>
  )
}
