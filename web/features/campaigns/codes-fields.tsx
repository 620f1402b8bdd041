import { Button, FileButton, SegmentedControl, Select, TextInput } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconUpload } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { useErrorText } from '../../ui/panel-states.tsx'
import { useAnswer } from '../../ui/query-panel.tsx'
import type { StepProps } from './composer.tsx'
import classes from './composer.module.css'
import { type CodeKind, codeKinds } from './draft.ts'
import { textOf } from './text-file.ts'

/** Which codes the coupons have: drawn by chance, made elsewhere, or one for all. */
export function CodesFields({ draft, change, problem }: StepProps) {
  const t = useTranslations('campaigns.codesFields')
  const onPhone = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  return (
    <>
      <div>
        <p className={classes.fieldTitle}>{t('title')}</p>
        <SegmentedControl
          aria-label={t('title')}
          orientation={onPhone ? 'vertical' : 'horizontal'}
          fullWidth={onPhone}
          value={draft.codes}
          onChange={(codes) => change({ codes: codes as CodeKind })}
          data={codeKinds.map((value) => ({ value, label: t(`kinds.${value}`) }))}
        />
        <p className={classes.help}>{t(`help.${draft.codes}`)}</p>
      </div>
      {draft.codes === 'pool' ? <PoolFields draft={draft} change={change} problem={problem} /> : null}
      {draft.codes === 'shared' ? (
        <div className={classes.pair}>
          <TextInput
            label={t('sharedCode')}
            description={t('sharedCodeHelp')}
            value={draft.sharedCode}
            maxLength={40}
            autoCapitalize="characters"
            error={problem('sharedCode')}
            onChange={(event) => change({ sharedCode: event.currentTarget.value })}
          />
          <TextInput
            label={t('sharedUses')}
            description={t('sharedUsesHelp')}
            inputMode="numeric"
            value={draft.sharedUses}
            error={problem('sharedUses')}
            onChange={(event) => change({ sharedUses: event.currentTarget.value })}
          />
        </div>
      ) : null}
    </>
  )
}

function PoolFields({ draft, change, problem }: StepProps) {
  const t = useTranslations('campaigns.codesFields')
  const format = useFormat()
  const trpc = useTRPC()
  const client = useQueryClient()
  const errorText = useErrorText()
  const pools = useAnswer(trpc.pools.list.queryOptions())
  const [name, setName] = useState('')
  const [needsName, setNeedsName] = useState(false)
  const add = useMutation(
    trpc.pools.add.mutationOptions({
      onSuccess: (_, { name: added }) => {
        void client.invalidateQueries(trpc.pools.list.queryFilter())
        void client.invalidateQueries(trpc.campaigns.estimate.queryFilter())
        change({ pool: added })
        setName('')
      },
    }),
  )
  const chosen = pools.data?.find((pool) => pool.name === draft.pool)
  return (
    <>
      <Select
        label={t('pool')}
        placeholder={pools.data?.length === 0 ? t('noPool') : t('choosePool')}
        data={(pools.data ?? []).map((pool) => ({
          value: pool.name,
          label: t('poolOption', { name: pool.name, free: pool.free, count: format.count(pool.free) }),
        }))}
        value={draft.pool || null}
        onChange={(pool) => change({ pool: pool ?? '' })}
        error={problem('pool')}
        {...(chosen
          ? {
              description: t('poolLeft', {
                free: format.count(chosen.free),
                codes: format.count(chosen.codes),
              }),
            }
          : {})}
      />
      <div className={classes.fields}>
        <TextInput
          label={t('newPool')}
          description={t('newPoolHelp')}
          value={name}
          maxLength={80}
          error={needsName ? t('nameFirst') : undefined}
          onChange={(event) => {
            setName(event.currentTarget.value)
            setNeedsName(false)
          }}
        />
        <div>
          <FileButton
            accept=".csv,.txt,text/csv,text/plain"
            onChange={(file) => {
              const into = name.trim() || draft.pool
              setNeedsName(into === '')
              if (file && into !== '') void textOf(file).then((text) => add.mutate({ name: into, text }))
            }}
          >
            {(props) => (
              <Button
                {...props}
                variant="default"
                loading={add.isPending}
                leftSection={<IconUpload size={16} aria-hidden />}
              >
                {t('import')}
              </Button>
            )}
          </FileButton>
        </div>
        <div aria-live="polite">
          {add.isError ? <p className={classes.wrong}>{errorText(add.error).sentence}</p> : null}
          {add.data ? (
            <>
              <p>
                {t('added', { added: add.data.added, count: format.count(add.data.added) })}{' '}
                {add.data.refused > 0
                  ? t('refused', { refused: add.data.refused, count: format.count(add.data.refused) })
                  : ''}
              </p>
              {add.data.named.length > 0 ? (
                <ul className={classes.refusedLines}>
                  {add.data.named.map(({ line, said }) => (
                    <li key={line}>{said}</li>
                  ))}
                </ul>
              ) : null}
              {add.data.refused > add.data.named.length ? (
                <p className={classes.help}>{t('more', { n: add.data.refused - add.data.named.length })}</p>
              ) : null}
            </>
          ) : null}
        </div>
      </div>
    </>
  )
}
