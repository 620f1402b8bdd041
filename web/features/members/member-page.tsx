import { Anchor, Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { errorCode, useTRPC } from '../../trpc.ts'
import type { Column } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { KpiStrip } from '../../ui/kpi-strip.tsx'
import { FeedGapChip, MemberStatusChip, useReason } from '../../ui/member-status.tsx'
import { Columns, Page } from '../../ui/page.tsx'
import { Failure } from '../../ui/panel-states.tsx'
import { Panel } from '../../ui/panel.tsx'
import { QueryPanel, tableOf, useAnswer, type Answer } from '../../ui/query-panel.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import { isDeletedMember, isGivenHere, type Member } from './member.ts'
import { MemberCouponsElsewhere } from './member-coupons-elsewhere.tsx'
import { MemberCoupons } from './member-coupons.tsx'
import { MemberIdentities } from './member-identities.tsx'
import { MemberOrders } from './member-orders.tsx'
import { MemberRights } from './member-rights.tsx'
import { MemberTags } from './member-tags.tsx'
import classes from './members.module.css'
import { MemberPoints } from './member-points.tsx'
import { NextPanel } from './next-panel.tsx'
import { OutlookPanel } from './outlook-panel.tsx'
import { Timeline } from './timeline.tsx'

/** One member: what they are worth, whether they are late, every order, what is known. */
export function MemberPage() {
  const t = useTranslations('members')
  const format = useFormat()
  const trpc = useTRPC()
  const reason = useReason()
  const { memberId } = useParams({ from: '/signed-in/shell/members/$memberId' })
  const query = useAnswer(
    trpc.members.one.queryOptions({ memberId }, { trpc: { abortOnUnmount: true } }),
  ) as Answer<Member>
  const member = query.data
  if (query.isError && errorCode(query.error) === 'NOT_FOUND')
    return (
      <Page title={t('unknown.title')}>
        <Panel>
          <p>{t('unknown.why', { memberId })}</p>
          <Button component={Link} to="/members" variant="default" mt={12}>
            {t('unknown.list')}
          </Button>
        </Panel>
      </Page>
    )
  if (query.isError)
    return (
      <Page title={memberId}>
        <Panel>
          <Failure error={query.error} retry={() => void query.refetch()} />
        </Panel>
      </Page>
    )
  return (
    <Page
      title={isDeletedMember(memberId) ? t('deleted') : member ? (member.name ?? member.memberId) : memberId}
      lead={
        member ? (
          <>
            <MemberStatusChip status={member.status} /> <FeedGapChip gap={member.feedGap} />{' '}
            {t('one.lead', { reason: reason(member.reason, member.feedGap) })}
          </>
        ) : undefined
      }
      actions={
        <Anchor component={Link} to="/members">
          {t('one.back')}
        </Anchor>
      }
      notes={member ? t('one.asOf', { day: format.day(member.asOf) }) : undefined}
    >
      {member ? <Figures member={member} /> : null}
      {member && !isDeletedMember(memberId) ? (
        <Columns>
          <OutlookPanel member={member} />
          <NextPanel memberId={member.memberId} />
        </Columns>
      ) : null}
      <QueryPanel
        name={t('timeline.name')}
        title={(data: Member) =>
          t('timeline.title', { orders: data.orders, silentDays: data.silentDays ?? -1 })
        }
        subtitle={(data: Member) => t(data.lateFrom ? 'timeline.subtitleLate' : 'timeline.subtitle')}
        query={query}
        isEmpty={({ orderList }) => orderList.length === 0}
        empty={{ reason: t('timeline.empty') }}
        definition={t('timeline.definition')}
        table={({ orderList }) =>
          tableOf(
            [
              { key: 'order_id', header: t('order.id'), value: (order) => order.orderId },
              { key: 'day', header: t('order.day'), value: (order) => order.day },
              {
                key: 'net_minor',
                header: t('order.net'),
                align: 'right',
                value: (order) => order.netMinor,
                cell: (order) => format.money(order.netMinor),
              },
            ] satisfies Column<Member['orderList'][number]>[],
            orderList,
          )
        }
        listed
        csvName={`member-${memberId}`}
        minHeight={120}
      >
        {(data) => <Timeline member={data} />}
      </QueryPanel>
      {member ? (
        <>
          <MemberOrders member={member} />
          <MemberPoints entries={member.pointsList} />
          <MemberCoupons memberId={member.memberId} />
          <MemberCouponsElsewhere memberId={member.memberId} />
          <Columns>
            <Known member={member} />
            <MemberTags member={member} />
          </Columns>
          <MemberIdentities member={member} />
          <MemberRights memberId={member.memberId} />
        </>
      ) : null}
    </Page>
  )
}

function Figures({ member }: { member: Member }) {
  const t = useTranslations('members')
  const format = useFormat()
  return (
    <KpiStrip
      items={[
        {
          label: t('kpi.net'),
          value: format.money(member.netMinor),
          base: t('kpi.orders', { orders: member.orders }),
          definition: t('kpi.netDefinition'),
        },
        {
          label: t('kpi.silent'),
          value: format.count(member.silentDays),
          base:
            member.rhythm.lateAfterDays === null
              ? t('kpi.noRhythm')
              : t('kpi.late', { days: member.rhythm.lateAfterDays }),
          definition: t('kpi.silentDefinition'),
        },
        {
          label: t('kpi.yearly'),
          value: format.money(member.valueAtRiskMinor),
          base: t('kpi.yearlyBase'),
          definition: t('kpi.yearlyDefinition'),
        },
        {
          label: t('kpi.purchaseDays'),
          value: format.count(member.purchaseDays),
          base: member.firstDay
            ? t(member.firstSeen ? 'kpi.firstSeen' : 'kpi.since', { day: format.day(member.firstDay) })
            : undefined,
          definition: t('kpi.purchaseDaysDefinition'),
        },
      ]}
    />
  )
}

function Known({ member }: { member: Member }) {
  const t = useTranslations('members')
  const s = useTranslations('status')
  const format = useFormat()
  const trpc = useTRPC()
  const { role } = useWorkspace()
  const unmask = useMutation(trpc.members.unmask.mutationOptions())
  const facts: [string, React.ReactNode][] = [
    [t(isGivenHere(member.memberId) ? 'known.systemId' : 'known.id'), member.memberId],
    [
      t('known.phone'),
      <span key="phone">
        {unmask.data?.phone ?? member.phone ?? '–'}{' '}
        {role === 'owner' && (member.phone ?? member.openid ?? member.email) && !unmask.data ? (
          <Button
            size="compact-xs"
            variant="default"
            loading={unmask.isPending}
            onClick={() => unmask.mutate({ memberId: member.memberId })}
          >
            {t('known.unmask')}
          </Button>
        ) : null}
      </span>,
    ],
    ...(member.openid ? [[t('known.openid'), unmask.data?.openid ?? member.openid] as [string, string]] : []),
    ...(member.email ? [[t('known.email'), unmask.data?.email ?? member.email] as [string, string]] : []),
    [
      t('known.consent'),
      member.consentFrom.source === 'none'
        ? s(`consent.${member.consent}`)
        : t('known.consentSince', {
            consent: s(`consent.${member.consent}`),
            source: member.consentFrom.source,
            file: member.consentFrom.file ?? 'none',
            since:
              member.consentFrom.sinceDay !== null
                ? format.day(member.consentFrom.sinceDay)
                : member.consentFrom.since === null
                  ? 'none'
                  : format.instant(member.consentFrom.since),
          }),
    ],
    [t('known.tier'), member.tier ?? '–'],
    [t('known.points'), format.count(member.points)],
    [t('known.storedValue'), format.money(member.storedValueMinor)],
    [t('known.gender'), member.gender ? t(`gender.${member.gender}`) : '–'],
    [t('known.birthday'), format.day(member.birthday)],
    [t('known.region'), member.region ?? '–'],
    [t('known.store'), member.mainStore ?? '–'],
    [t('known.joined'), format.day(member.joinedDay)],
    [t('known.channel'), member.channel ?? '–'],
  ]
  return (
    <Panel title={t('known.title')} subtitle={t('known.subtitle')}>
      <dl className={classes.facts}>
        {facts.map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  )
}
