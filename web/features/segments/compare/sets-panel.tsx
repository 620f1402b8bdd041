import { ActionIcon, Button, Select, Textarea } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { print } from '../../../../analytics/segments/print.ts'
import { Panel } from '../../../ui/panel.tsx'
import classes from './compare.module.css'
import { useSetNames } from './set-names.ts'

const most = 6

/** Which segments and rules are compared. */
export function SetsPanel({ sets, onSets }: { sets: readonly string[]; onSets: (sets: string[]) => void }) {
  const t = useTranslations('compare')
  const { saved, nameOf } = useSetNames(sets)
  const [rule, setRule] = useState('')
  const named = saved.map(({ name }) => ({ name, rule: print({ kind: 'segment', name }) }))
  const left = named.filter((one) => !sets.includes(one.rule))
  const add = (one: string) => {
    if (!sets.includes(one)) onSets([...sets, one])
  }
  const full = sets.length >= most
  return (
    <Panel title={t('sets.title')} subtitle={t('sets.subtitle')}>
      {sets.length === 0 ? <p className={classes.note}>{t('sets.empty')}</p> : null}
      <ul className={classes.sets}>
        {sets.map((one) => (
          <li key={one}>
            <span>{nameOf(one)}</span>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t('sets.remove', { name: nameOf(one) })}
              onClick={() => onSets(sets.filter((other) => other !== one))}
            >
              <IconX size={16} aria-hidden />
            </ActionIcon>
          </li>
        ))}
      </ul>
      {full ? (
        <p className={classes.note}>{t('sets.full')}</p>
      ) : (
        <form
          className={classes.adding}
          onSubmit={(event) => {
            event.preventDefault()
            if (rule.trim() === '') return
            add(rule.trim())
            setRule('')
          }}
        >
          <Select
            label={t('sets.saved')}
            placeholder={left.length === 0 ? t('sets.noneSaved') : t('sets.choose')}
            disabled={left.length === 0}
            searchable
            value={null}
            data={left.map((one) => ({ value: one.rule, label: one.name }))}
            onChange={(value) => {
              if (value !== null) add(value)
            }}
          />
          <Textarea
            label={t('sets.rule')}
            placeholder="orders >= 3"
            value={rule}
            autosize
            minRows={1}
            spellCheck={false}
            onChange={(event) => setRule(event.currentTarget.value)}
          />
          <Button type="submit" variant="default" disabled={rule.trim() === ''}>
            {t('sets.add')}
          </Button>
        </form>
      )}
    </Panel>
  )
}
