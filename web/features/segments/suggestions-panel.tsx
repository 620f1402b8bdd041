import { Button, Progress } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { Failure } from '../../ui/panel-states.tsx'
import { QueryPanel, tableOf, useAnswer } from '../../ui/query-panel.tsx'
import { useRuleSentence } from '../../ui/rule.tsx'
import { useSaving } from './saving.ts'
import classes from './suggestions.module.css'

type Answered = inferRouterOutputs<AppRouter>['segmentSuggestions']['found']
type Found = Extract<Answered, { kind: 'found' }>
type Suggested = Found['segments'][number]
type Branch = Found['tree']

/** A saved segment's name has at most so many characters. */
const nameLength = 80

/** Segments that part members by how likely they are to return, or why there are none. */
export function SuggestionsPanel({ mayChange }: { mayChange: boolean }) {
  const t = useTranslations('suggest')
  const format = useFormat()
  const trpc = useTRPC()
  const answer = useAnswer({
    ...trpc.segmentSuggestions.found.queryOptions(undefined, { trpc: { abortOnUnmount: true } }),
    refetchInterval: ({ state }) => (state.data?.kind === 'learning' ? 1_000 : false),
  })
  return (
    <QueryPanel
      name={t('title')}
      title={t('title')}
      subtitle={(data) =>
        t('subtitle', { learned: format.day(data.learnedOn), tried: format.day(data.triedOn) })
      }
      definition={t('definition')}
      query={answer}
      csvName="suggested-segments"
      minHeight={120}
      listed
      table={(data) =>
        tableOf<Suggested>(
          [
            { key: 'rule', header: t('rule'), value: ({ expression }) => expression },
            { key: 'members', header: t('now'), value: ({ members }) => members },
            { key: 'tried', header: t('tried'), value: ({ tried }) => tried.rows },
            { key: 'returned', header: t('returned'), value: ({ tried }) => tried.yes },
            { key: 'low', header: t('low'), value: ({ rate }) => rate?.low ?? null },
            { key: 'high', header: t('high'), value: ({ rate }) => rate?.high ?? null },
            { key: 'lift', header: t('lift'), value: ({ lift }) => lift },
          ],
          data.kind === 'found' ? data.segments : [],
        )
      }
    >
      {(data) => <Told data={data} mayChange={mayChange} />}
    </QueryPanel>
  )
}

function Told({ data, mayChange }: { data: Answered; mayChange: boolean }) {
  const t = useTranslations('suggest')
  const format = useFormat()
  switch (data.kind) {
    case 'learning':
    case 'stopped':
      return <UnderWay data={data} />
    case 'too-short':
      return <p>{t('tooShort', { days: data.days, needed: data.needed })}</p>
    case 'too-few':
      return (
        <p>
          {t('tooFew', {
            learned: format.count(data.learned.rows),
            learnedYes: format.count(data.learned.yes),
            learnedOn: format.day(data.learnedOn),
            tried: format.count(data.tried.rows),
            triedYes: format.count(data.tried.yes),
            triedOn: format.day(data.triedOn),
            needLearned: data.fewest.learned,
            needLearnedOf: data.fewest.learnedOfEach,
            needTried: data.fewest.tried,
            needTriedOf: data.fewest.triedOfEach,
          })}
        </p>
      )
    case 'nothing':
      return (
        <p>
          {t('nothing', {
            auc: format.percent(data.auc.auc),
            low: format.percent(data.auc.low),
            high: format.percent(data.auc.high),
          })}
        </p>
      )
    case 'found':
      return <Tree data={data} mayChange={mayChange} />
  }
}

/** How far the learning is, with Cancel; of a cancelled one, a way to begin anew. */
function UnderWay({ data }: { data: Extract<Answered, { kind: 'learning' | 'stopped' }> }) {
  const t = useTranslations('suggest')
  const trpc = useTRPC()
  const client = useQueryClient()
  const again = { onSuccess: () => client.invalidateQueries(trpc.segmentSuggestions.found.pathFilter()) }
  const stop = useMutation(trpc.segmentSuggestions.stop.mutationOptions(again))
  const begin = useMutation(trpc.segmentSuggestions.begin.mutationOptions(again))
  const failed = [stop, begin].find(({ isError }) => isError)
  const doing = data.kind === 'learning' ? stop : begin
  return (
    <>
      <div className={classes.underWay} role="status">
        {data.kind === 'learning' ? (
          <>
            <span>{t('learning')}</span>
            <Progress value={(100 * data.done) / data.all} aria-label={t('title')} className={classes.bar} />
            <span>{t('step', { done: data.done, all: data.all })}</span>
          </>
        ) : (
          <span>{t('stopped')}</span>
        )}
        <Button
          size="compact-sm"
          variant="default"
          loading={stop.isPending || begin.isPending}
          onClick={() => doing.mutate()}
        >
          {t(data.kind === 'learning' ? 'stop' : 'begin')}
        </Button>
      </div>
      {failed ? <Failure error={failed.error} retry={() => failed.reset()} /> : null}
    </>
  )
}

function Tree({ data, mayChange }: { data: Found; mayChange: boolean }) {
  const t = useTranslations('suggest')
  const format = useFormat()
  const { auc, tried, segments, tree } = data
  const base = tried.yes / tried.rows
  return (
    <div className={classes.tree}>
      <p>
        {t('found', {
          auc: format.percent(auc.auc),
          low: format.percent(auc.low),
          high: format.percent(auc.high),
          rate: format.share(tried.yes, tried.rows),
          rows: format.count(tried.rows),
        })}
      </p>
      <ul className={classes.leaves}>
        {segments.map((one) => (
          <Leaf key={one.expression} one={one} base={base} mayChange={mayChange} />
        ))}
      </ul>
      <details>
        <summary>{t('tree')}</summary>
        <ul className={classes.branches}>
          <BranchItem branch={tree} />
        </ul>
      </details>
    </div>
  )
}

const [width, height] = [240, 28]
const x = (share: number) => 8 + share * (width - 16)

function Leaf({ one, base, mayChange }: { one: Suggested; base: number; mayChange: boolean }) {
  const t = useTranslations('suggest')
  const format = useFormat()
  const trpc = useTRPC()
  const saved = useQuery(trpc.segments.list.queryOptions()).data ?? []
  const sentence = useRuleSentence(one.expression)
  const saving = useSaving()
  const { expression, members, rate, lift, tried } = one
  const said = sentence(expression)
  const letters = [...said]
  const name = letters.length <= nameLength ? said : `${letters.slice(0, nameLength - 1).join('')}…`
  const same = saved.find((segment) => segment.expression === expression)
  return (
    <li className={classes.leaf}>
      <div className={classes.said}>
        <strong>{said}</strong>
        <span className={classes.figures}>
          {rate
            ? t('rate', {
                rate: format.share(tried.yes, tried.rows),
                low: format.percent(rate.low),
                high: format.percent(rate.high),
                lift: lift === null ? '–' : format.times(lift),
              })
            : t('untried')}
        </span>
        <span className={classes.actions}>
          <Link to="/members" search={{ segment: expression }}>
            {t('members', { n: members, members: format.count(members) })}
          </Link>
          {same ? (
            <Link to="/segments/$segmentId" params={{ segmentId: same.id }}>
              {t('saved', { name: same.name })}
            </Link>
          ) : mayChange ? (
            <Button
              size="xs"
              variant="default"
              disabled={saving.isPending}
              aria-label={t('saveThis', { rule: said })}
              onClick={() => saving.save({ name, expression })}
            >
              {t('save')}
            </Button>
          ) : null}
        </span>
      </div>
      {rate ? (
        <svg
          className={classes.whisker}
          width={width}
          height={height}
          viewBox={`0 0 ${width} ${height}`}
          role="img"
          aria-label={t('plot', { share: format.percent(rate.share), base: format.percent(base) })}
        >
          <line className={classes.axis} x1={x(0)} x2={x(1)} y1={height - 2} y2={height - 2} />
          <line className={classes.base} x1={x(base)} x2={x(base)} y1={1} y2={height - 1} />
          <line x1={x(rate.low)} x2={x(rate.high)} y1={13} y2={13} />
          <line x1={x(rate.low)} x2={x(rate.low)} y1={8} y2={18} />
          <line x1={x(rate.high)} x2={x(rate.high)} y1={8} y2={18} />
          <circle cx={x(rate.share)} cy={13} r={5} />
        </svg>
      ) : null}
    </li>
  )
}

/** One branch of the tree with those below it. */
function BranchItem({ branch }: { branch: Branch }) {
  const t = useTranslations('suggest')
  const format = useFormat()
  const sentence = useRuleSentence(branch.condition ?? '')
  return (
    <li>
      {t('branch', {
        condition: branch.condition === null ? t('everybody') : sentence(branch.condition),
        rate: format.share(branch.returned, branch.members),
        n: branch.members,
        members: format.count(branch.members),
      })}
      {branch.branches.length > 0 ? (
        <ul className={classes.branches}>
          {branch.branches.map((one) => (
            <BranchItem key={one.condition} branch={one} />
          ))}
        </ul>
      ) : null}
    </li>
  )
}
