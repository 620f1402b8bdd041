import { Button, NativeSelect } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { Failure } from '../../ui/panel-states.tsx'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import composer from './composer.module.css'
import type { Together } from './draft.ts'
import { LiftRow } from './lift-panel.tsx'
import lift from './lift-panel.module.css'

const shares = [0, 0.01, 0.02, 0.05, 0.1, 0.2]

/** Members who are sent nothing by any campaign, and what all campaigns together brought beside them. */
export function TogetherPanel() {
  const t = useTranslations('campaigns.together')
  const trpc = useTRPC()
  const format = useFormat()
  const { role } = useWorkspace()
  const answer = useAnswer(
    trpc.campaigns.together.queryOptions(undefined, { trpc: { abortOnUnmount: true } }),
  )
  return (
    <QueryPanel
      name={t('name')}
      title={(found: Together) => {
        const buyers = found?.outcomes.find(({ outcome }) => outcome === 'buyers')
        if (!buyers || buyers.difference === null) return t('name')
        return t(`title.${buyers.verdict ?? 'not-proven-yet'}`, { points: format.points(buyers.difference) })
      }}
      subtitle={(found: Together) =>
        found
          ? t('subtitle', {
              day: format.day(found.holdout.startedDay),
              share: format.percentShort(found.holdout.share),
              treated: found.treated,
              heldOut: found.heldOut,
            })
          : t('none')
      }
      definition={t('definition')}
      query={answer}
      minHeight={80}
    >
      {(found: Together) => (
        <div className={composer.stack}>
          {found && found.outcomes.length > 0 ? (
            <ul className={lift.rows}>
              {found.outcomes.map((row) => (
                <LiftRow key={row.outcome} row={row} />
              ))}
            </ul>
          ) : null}
          {found && found.outcomes.length === 0 ? <p className={composer.help}>{t('noData')}</p> : null}
          {role === 'owner' ? <Share share={found?.holdout.share ?? 0} /> : null}
        </div>
      )}
    </QueryPanel>
  )
}

/** Sets the share; measuring begins anew with each change. */
function Share({ share }: { share: number }) {
  const t = useTranslations('campaigns.together')
  const trpc = useTRPC()
  const client = useQueryClient()
  const format = useFormat()
  const [wanted, want] = useState(share)
  const set = useMutation(
    trpc.campaigns.setGlobalHoldout.mutationOptions({
      onSuccess: () => client.invalidateQueries(trpc.campaigns.pathFilter()),
    }),
  )
  const offered = shares.includes(share) ? shares : [...shares, share].toSorted((a, b) => a - b)
  return (
    <div className={composer.setting}>
      {set.isError ? <Failure error={set.error} retry={() => set.reset()} /> : null}
      <NativeSelect
        label={t('share')}
        description={t('shareHelp')}
        value={String(wanted)}
        data={offered.map((one) => ({
          value: String(one),
          label: one === 0 ? t('nobody') : format.percentShort(one),
        }))}
        onChange={(event) => want(Number(event.currentTarget.value))}
      />
      <Button
        variant="default"
        loading={set.isPending}
        disabled={wanted === share}
        onClick={() => set.mutate({ share: wanted })}
      >
        {t('set')}
      </Button>
    </div>
  )
}
