import { Anchor, Button, Group } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { inferRouterOutputs } from '@trpc/server'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { useTRPC } from '../../trpc.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Failure } from '../../ui/panel-states.tsx'
import { QueryPanel, tableOf, useAnswer } from '../../ui/query-panel.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import classes from './data.module.css'
import { type Chosen, MergeTiesDialog } from './merge-ties-dialog.tsx'

type Ties = inferRouterOutputs<AppRouter>['identity']['ties']
type Tie = Ties['ties'][number]
type Side = Tie['member']
type Pair = [string, string]

const shownAtFirst = 10

const keyOf = ({ member, other }: Tie): string => JSON.stringify([member.memberId, other.memberId])
const pairOf = (key: string): Pair => JSON.parse(key) as Pair

/** Pairs of members whom rows tie: to be merged together, or said to be two persons. Nothing where no row ties any. */
export function TiesPanel() {
  const t = useTranslations('data')
  const trpc = useTRPC()
  const client = useQueryClient()
  const { role } = useWorkspace()
  const may = role === 'owner' || role === 'marketer'
  const [ofDismissed, showDismissed] = useState(false)
  const [chosen, choose] = useState<ReadonlySet<string> | null>(null)
  const [all, showAll] = useState(false)
  const [merging, merge] = useState<Chosen | null>(null)
  const answer = useAnswer(trpc.identity.ties.queryOptions({ dismissed: ofDismissed }))
  const deciding = useMutation(
    trpc.identity.dismissTies.mutationOptions({
      onSuccess: async () => {
        choose(null)
        await client.invalidateQueries()
      },
    }),
  )
  const { data } = answer
  if (!data || (data.total === 0 && data.dismissed === 0 && data.shared.length === 0)) return null
  // What the rows suggest is chosen until somebody chooses otherwise.
  const selected = new Set(
    data.ties.filter((tie) => (chosen ? chosen.has(keyOf(tie)) : tie.plain && !ofDismissed)).map(keyOf),
  )
  const pairs = [...selected].map(pairOf)
  const change = (dismissed: boolean) => {
    showDismissed(dismissed)
    choose(null)
  }
  const value = ({ kind, value: text }: Tie['by'][number]['told']) => `${t(`fields.${kind}`)} ${text}`
  const columns: readonly Column<Tie>[] = [
    {
      key: 'members',
      header: t('ties.members'),
      value: ({ member, other }) => `${member.memberId} ${other.memberId}`,
      cell: ({ member, other }) => (
        <ul className={classes.claimants}>
          {[member, other].map((side) => (
            <TiedMember key={side.memberId} side={side} />
          ))}
        </ul>
      ),
    },
    {
      key: 'by',
      header: t('ties.by'),
      value: ({ by }) => by.map(({ told, other }) => `${value(told)} + ${value(other)}`).join('; '),
      cell: ({ by, rows, files, people, plain }) => (
        <>
          {by.slice(0, 3).map(({ told, other }) => (
            <div key={`${value(told)} ${value(other)}`} className={classes.tiedBy}>
              <span>{value(told)}</span> <span>+ {value(other)}</span>
            </div>
          ))}
          <div className={classes.when}>
            {t('ties.rowsIn', { rows, files: files.length, file: files[0]?.fileName ?? '' })}
          </div>
          {people > 2 ? (
            <div>{t('ties.people', { people })}</div>
          ) : plain ? null : (
            <div>{t('ties.numbered')}</div>
          )}
        </>
      ),
    },
    { key: 'rows', header: t('ties.rows'), value: ({ rows }) => rows },
    {
      key: 'files',
      header: t('ties.files'),
      value: ({ files }) => files.map(({ fileName }) => fileName).join('; '),
    },
    { key: 'people_with_a_value', header: t('ties.peopleWith'), value: ({ people }) => people },
  ]
  const shown = columns.filter(({ key }) => key === 'members' || key === 'by')
  return (
    <>
      <QueryPanel
        name={t('ties.title')}
        title={({ total }) =>
          total === 0
            ? t('ties.none')
            : t(ofDismissed ? 'ties.findingDismissed' : 'ties.finding', { pairs: total })
        }
        subtitle={t('ties.title')}
        query={answer}
        definition={t('ties.definition')}
        table={({ ties }) => tableOf(columns, ties)}
        listed
        csvName="ties"
        minHeight={48}
      >
        {({ ties, total, plain, dismissed, shared }) => (
          <>
            {ties.length === 0 ? null : (
              <>
                <p className={classes.note}>{t(ofDismissed ? 'ties.helpDismissed' : 'ties.help')}</p>
                <DataTable
                  label={t('ties.title')}
                  columns={shown}
                  rows={all ? ties : ties.slice(0, shownAtFirst)}
                  rowKey={keyOf}
                  {...(may ? { selection: { selected, onChange: choose } } : {})}
                />
                {ties.length > shownAtFirst && !all ? (
                  <Button variant="default" size="xs" mt={12} onClick={() => showAll(true)}>
                    {t('ties.all', { pairs: ties.length })}
                  </Button>
                ) : null}
                {total > ties.length ? (
                  <p className={classes.note}>{t('who.more', { count: total - ties.length })}</p>
                ) : null}
              </>
            )}
            {shared.length === 0 ? null : (
              <>
                <p className={classes.note}>{t('ties.sharedHelp')}</p>
                <ul className={classes.claimants}>
                  {shared.map((one) => (
                    <li key={`${one.kind} ${one.value} ${one.memberId} ${one.otherKind}`}>
                      {t.rich('ties.shared', {
                        value: value(one),
                        rows: one.rows,
                        others: one.others,
                        kind: one.otherKind,
                        member: () => <MemberLink memberId={one.memberId} name={one.name} />,
                      })}
                    </li>
                  ))}
                </ul>
              </>
            )}
            {deciding.isError ? <Failure error={deciding.error} /> : null}
            <Group gap={8} mt={12}>
              {!may || ties.length === 0 ? null : ofDismissed ? (
                <Button
                  variant="default"
                  disabled={pairs.length === 0}
                  loading={deciding.isPending}
                  onClick={() => deciding.mutate({ pairs, dismissed: false })}
                >
                  {t('ties.again', { pairs: pairs.length })}
                </Button>
              ) : (
                <>
                  <Button
                    variant="default"
                    disabled={pairs.length === 0}
                    onClick={() => merge({ pairs, count: pairs.length })}
                  >
                    {t('ties.merge', { pairs: pairs.length })}
                  </Button>
                  {plain > ties.filter((tie) => tie.plain).length ? (
                    <Button variant="default" onClick={() => merge({ pairs: 'plain', count: plain })}>
                      {t('ties.mergeAll', { pairs: plain })}
                    </Button>
                  ) : null}
                  <Button
                    variant="default"
                    disabled={pairs.length === 0}
                    loading={deciding.isPending}
                    onClick={() => deciding.mutate({ pairs, dismissed: true })}
                  >
                    {t('ties.dismiss', { pairs: pairs.length })}
                  </Button>
                </>
              )}
              {ofDismissed || dismissed > 0 ? (
                <Button variant="subtle" onClick={() => change(!ofDismissed)}>
                  {ofDismissed ? t('ties.back') : t('ties.showDismissed', { pairs: dismissed })}
                </Button>
              ) : null}
            </Group>
          </>
        )}
      </QueryPanel>
      <MergeTiesDialog
        chosen={merging}
        close={() => merge(null)}
        onMerged={() => {
          merge(null)
          choose(null)
        }}
      />
    </>
  )
}

function MemberLink({ memberId, name }: { memberId: string; name: string | null }) {
  return (
    <Anchor renderRoot={(props) => <Link {...props} to="/members/$memberId" params={{ memberId }} />}>
      {name ?? memberId}
    </Anchor>
  )
}

function TiedMember({ side: { memberId, name, numberless, orders } }: { side: Side }) {
  const t = useTranslations('data')
  return (
    <li>
      <MemberLink memberId={memberId} name={name} />
      {name === null ? null : <span className={classes.when}> {memberId}</span>}
      <div className={classes.when}>{t('ties.side', { orders, numberless: numberless ? 'yes' : 'no' })}</div>
    </li>
  )
}
