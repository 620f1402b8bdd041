import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
import { useRuleSentence } from '../../ui/rule.tsx'
import { useSaving } from './saving.ts'
import classes from './segments.module.css'

/** The segments to begin with: when to use each, whom it selects, where its threshold is from; saved by one click. */
export function StartersPanel({ mayChange }: { mayChange: boolean }) {
  const t = useTranslations('segments')
  const format = useFormat()
  const trpc = useTRPC()
  const answer = useAnswer(trpc.segments.starters.queryOptions())
  const saved = useQuery(trpc.segments.list.queryOptions()).data ?? []
  const sentence = useRuleSentence('')
  const saving = useSaving()
  return (
    <QueryPanel
      name={t('starters.title')}
      title={t('starters.title')}
      subtitle={(data) => t('starters.subtitle', { day: format.day(data.asOf) })}
      query={answer}
      minHeight={120}
    >
      {({ starters }) => (
        <ul className={classes.starters}>
          {starters.map(({ id, title, use, expression, why, members }) => {
            const same = saved.find((one) => one.expression === expression)
            return (
              <li key={id} className={classes.starter}>
                <strong>{title}</strong>
                <span>{use}</span>
                {expression === null ? null : (
                  <>
                    <span className={classes.starterCount}>
                      {t('starters.members', { n: members, members: format.count(members) })}
                    </span>
                    <span>{sentence(expression)}</span>
                  </>
                )}
                <span>{why}</span>
                {expression === null ? null : (
                  <div className={classes.starterActions}>
                    {same ? (
                      <Link to="/segments/$segmentId" params={{ segmentId: same.id }}>
                        {t('starters.saved', { name: same.name })}
                      </Link>
                    ) : mayChange ? (
                      <Button
                        size="xs"
                        variant="default"
                        disabled={saving.isPending}
                        aria-label={t('starters.saveThis', { name: title })}
                        onClick={() => saving.save({ name: title, expression })}
                      >
                        {t('starters.save')}
                      </Button>
                    ) : null}
                    <Link
                      to="/segments/$segmentId"
                      params={{ segmentId: 'new' }}
                      search={{ expression }}
                      aria-label={t('starters.openThis', { name: title })}
                    >
                      {t('starters.open')}
                    </Link>
                  </div>
                )}
              </li>
            )
          })}
        </ul>
      )}
    </QueryPanel>
  )
}
