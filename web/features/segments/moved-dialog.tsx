import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { useFormat } from '../../ui/format.ts'
import { Failure } from '../../ui/panel-states.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import type { Cause } from './movement-panel.tsx'
import classes from './movement.module.css'

/** All who entered or left a saved segment in the last week by one cause, page by page, and as a file. */
export function MovedDialog({
  id,
  entered,
  cause,
  onClose,
}: {
  id: string
  entered: boolean
  cause: Cause
  onClose: () => void
}) {
  const t = useTranslations('segments')
  const format = useFormat()
  const trpc = useTRPC()
  const workspace = useWorkspace()
  const list = useInfiniteQuery(
    trpc.segmentHistory.moved.infiniteQueryOptions(
      { id, entered, cause },
      { getNextPageParam: ({ next }) => next },
    ),
  )
  const members = list.data?.pages[0]?.members ?? null
  const moved = list.data?.pages.flatMap((page) => page.moved) ?? []
  const address = new URLSearchParams({ segment: id, entered: String(entered), cause, shown: workspace.id })
  return (
    <Dialog
      opened
      onClose={onClose}
      title={t(entered ? 'movement.enteredBy' : 'movement.leftBy', { cause: t(`movement.cause.${cause}`) })}
      closeButtonProps={{ 'aria-label': t('dialog.close') }}
    >
      {list.isError ? <Failure error={list.error} retry={() => void list.refetch()} /> : null}
      {members === null ? null : (
        <>
          <p className={classes.note} aria-live="polite">
            {t('movement.shown', { shown: format.count(moved.length), members: format.count(members) })}
          </p>
          <ul className={classes.moved}>
            {moved.map(({ memberId, name }, index) => (
              <li key={memberId ?? index}>
                {memberId === null ? (
                  t('movement.gone')
                ) : (
                  <Link to="/members/$memberId" params={{ memberId }}>
                    {name === null ? memberId : `${name} · ${memberId}`}
                  </Link>
                )}
              </li>
            ))}
          </ul>
          <div className={classes.chosen}>
            {list.hasNextPage ? (
              <Button
                variant="default"
                loading={list.isFetchingNextPage}
                onClick={() => void list.fetchNextPage()}
              >
                {t('movement.showMore')}
              </Button>
            ) : null}
            {workspace.role === 'owner' || workspace.role === 'marketer' ? (
              <Button variant="default" component="a" href={`/export/moved.csv?${address}`} download>
                {t('history.export')}
              </Button>
            ) : null}
          </div>
        </>
      )}
    </Dialog>
  )
}
