import { Button, FileButton, Progress, Select, TextInput } from '@mantine/core'
import { IconUpload } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { useErrorText } from '../../ui/panel-states.tsx'
import { useAnswer } from '../../ui/query-panel.tsx'
import type { StepProps } from './composer.tsx'
import classes from './composer.module.css'
import { usePoolImport } from './pool-import.ts'

/** The pool that codes are taken from, and files of codes that go into it. */
export function PoolFields({ draft, change, problem }: StepProps) {
  const t = useTranslations('campaigns.codesFields')
  const format = useFormat()
  const trpc = useTRPC()
  const client = useQueryClient()
  const pools = useAnswer(trpc.pools.list.queryOptions())
  const [name, setName] = useState('')
  const [needsName, setNeedsName] = useState(false)
  const forgetFile = useRef<() => void>(null)
  const importing = usePoolImport((added) => {
    void client.invalidateQueries(trpc.pools.list.queryFilter())
    void client.invalidateQueries(trpc.campaigns.estimate.queryFilter())
    change({ pool: added })
    setName('')
  })
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
            resetRef={forgetFile}
            accept=".csv,.txt,text/csv,text/plain"
            onChange={(file) => {
              const into = name.trim() || draft.pool
              setNeedsName(into === '')
              if (file && into !== '') void importing.start(into, file)
              forgetFile.current?.() // the same file may be chosen again
            }}
          >
            {(props) => (
              <Button
                {...props}
                variant="default"
                loading={importing.state.kind === 'running'}
                leftSection={<IconUpload size={16} aria-hidden />}
              >
                {t('import')}
              </Button>
            )}
          </FileButton>
        </div>
        <ImportState state={importing.state} cancel={importing.cancel} />
      </div>
    </>
  )
}

function ImportState({ state, cancel }: Pick<ReturnType<typeof usePoolImport>, 'state' | 'cancel'>) {
  const t = useTranslations('campaigns.codesFields')
  const format = useFormat()
  const errorText = useErrorText()
  if (state.kind === 'running')
    return (
      <div>
        <p className={classes.help}>
          {t('importing', { count: format.count(state.codes), share: format.share(state.sent, state.of) })}
        </p>
        <Progress value={(100 * state.sent) / Math.max(1, state.of)} aria-label={t('import')} />
        <Button variant="subtle" onClick={cancel}>
          {t('cancelImport')}
        </Button>
      </div>
    )
  return (
    <div aria-live="polite">
      {state.kind === 'cancelled' ? <p>{t('cancelled')}</p> : null}
      {state.kind === 'failed' ? <p className={classes.wrong}>{errorText(state.error).sentence}</p> : null}
      {state.kind === 'unreadable' ? <p className={classes.wrong}>{t('unreadableFile')}</p> : null}
      {state.kind === 'added' ? (
        <>
          <p>
            {t('added', { added: state.added, count: format.count(state.added) })}{' '}
            {state.refused > 0
              ? t('refused', { refused: state.refused, count: format.count(state.refused) })
              : ''}
          </p>
          {state.named.length > 0 ? (
            <ul className={classes.refusedLines}>
              {state.named.map(({ line, said }) => (
                <li key={line}>{said}</li>
              ))}
            </ul>
          ) : null}
          {state.refused > state.named.length ? (
            <p className={classes.help}>{t('more', { n: state.refused - state.named.length })}</p>
          ) : null}
        </>
      ) : null}
    </div>
  )
}
