import { UnstyledButton } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
import { MovedDialog } from './moved-dialog.tsx'
import classes from './movement.module.css'

export type Cause =
  | 'order'
  | 'time'
  | 'joined'
  | 'tag'
  | 'rule'
  | 'late-import'
  | 'undo'
  | 'merge'
  | 'other'
  | 'untold'

interface Direction {
  readonly members: number
  readonly causes: readonly { readonly cause: Cause; readonly members: number }[]
  readonly sample: readonly {
    readonly memberId: string | null
    readonly name: string | null
    readonly cause: Cause
  }[]
}

/** Who entered and who left a saved segment in the last week, each with the cause. */
export function MovementPanel({ id }: { id: string }) {
  const t = useTranslations('segments')
  const format = useFormat()
  const trpc = useTRPC()
  const [shown, open] = useState<{ entered: boolean; cause: Cause } | null>(null)
  const answer = useAnswer(
    trpc.segmentHistory.movement.queryOptions({ id }, { trpc: { abortOnUnmount: true } }),
  )
  return (
    <QueryPanel
      name={t('movement.title')}
      title={t('movement.title')}
      subtitle={(data) =>
        data.kind === 'moved'
          ? t('movement.subtitle', { from: format.day(data.from), to: format.day(data.asOf) })
          : null
      }
      definition={t('movement.definition')}
      query={answer}
      minHeight={160}
    >
      {(data) => {
        if (data.kind === 'not-yet')
          return (
            <p>
              {data.since === null
                ? t('movement.notYet')
                : t('movement.notYetSince', { since: format.day(data.since) })}
            </p>
          )
        const { from, asOf, before, after, kept, entered, left } = data
        return (
          <>
            <p>
              {t('movement.summary', {
                before: format.count(before),
                after: format.count(after),
                from: format.day(from),
                to: format.day(asOf),
              })}
            </p>
            <div className={classes.directions}>
              <Moved
                title={t('movement.entered', { n: entered.members, members: format.count(entered.members) })}
                direction={entered}
                onAll={(cause) => open({ entered: true, cause })}
              />
              <Moved
                title={t('movement.left', { n: left.members, members: format.count(left.members) })}
                direction={left}
                onAll={(cause) => open({ entered: false, cause })}
              />
            </div>
            {shown ? <MovedDialog id={id} {...shown} onClose={() => open(null)} /> : null}
            {kept ? null : <p className={classes.note}>{t('movement.unkept', { from: format.day(from) })}</p>}
          </>
        )
      }}
    </QueryPanel>
  )
}

function Moved({
  title,
  direction,
  onAll,
}: {
  title: string
  direction: Direction
  onAll: (cause: Cause) => void
}) {
  const t = useTranslations('segments')
  const format = useFormat()
  return (
    <section>
      <h3 className={classes.direction}>{title}</h3>
      <ul className={classes.causes}>
        {direction.causes.map(({ cause, members }) => {
          const named = direction.sample.flatMap((one) =>
            one.cause === cause && one.memberId !== null ? [{ ...one, memberId: one.memberId }] : [],
          )
          const more = members - named.length
          return (
            <li key={cause}>
              <div className={classes.cause}>
                <span>{t(`movement.cause.${cause}`)}</span>
                <strong>{format.count(members)}</strong>
              </div>
              <div className={classes.named}>
                {named.map(({ memberId, name }) => (
                  <Link key={memberId} to="/members/$memberId" params={{ memberId }}>
                    {name ?? memberId}
                  </Link>
                ))}
                {more > 0 ? (
                  <UnstyledButton className={classes.more} onClick={() => onAll(cause)}>
                    {t('movement.more', { n: more, members: format.count(more) })}
                  </UnstyledButton>
                ) : null}
              </div>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
