import { ActionIcon, Menu } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { quote } from '../../../analytics/segments/print.ts'
import { useTRPC } from '../../trpc.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
import { useRuleSentence } from '../../ui/rule.tsx'
import classes from './segments.module.css'
import { colourOf, MergeForm, RenameForm, RetireForm, type Tag, TagForm } from './tag-forms.tsx'
import { TagHistory } from './tag-history.tsx'
import { PutOnDialog } from './tag-put-on.tsx'
import { TagRuleDialog } from './tag-rule-dialog.tsx'

type What = 'edit' | 'putOn' | 'rule' | 'rename' | 'merge' | 'history' | 'retire'

/** Every tag: its colour, who carries it and where that came from. */
export function TagsPanel({ mayChange }: { mayChange: boolean }) {
  const t = useTranslations('segments')
  const format = useFormat()
  const trpc = useTRPC()
  const answer = useAnswer(trpc.tags.list.queryOptions())
  const rules = useQuery(
    trpc.tags.rules.queryOptions(undefined, {
      refetchInterval: ({ state }) => (state.data?.running ? 1_000 : 15_000),
    }),
  ).data
  const sentence = useRuleSentence((answer.data ?? []).map(({ rule }) => rule ?? '').join(' '))
  const [open, setOpen] = useState<{ tag: Tag; what: What } | null>(null)
  const close = () => setOpen(null)
  const number = (key: 'members' | 'manual' | 'imported' | 'automatic'): Column<Tag> => ({
    key,
    header: t(`tags.${key}`),
    align: 'right',
    sortable: true,
    value: (row) => row[key],
    cell: (row) => format.count(row[key]),
  })
  const columns: readonly Column<Tag>[] = [
    {
      key: 'tag',
      header: t('tags.tag'),
      sortable: true,
      value: (row) => row.name,
      cell: (row) => (
        <span className={classes.tagName}>
          <span className={classes.dot} style={{ background: colourOf(row.colour) }} aria-hidden />
          <Link to="/members" search={{ segment: `tag = ${quote(row.name)}` }}>
            {row.name}
          </Link>
        </span>
      ),
    },
    {
      key: 'group',
      header: t('tags.group'),
      sortable: true,
      value: (row) => row.group,
      cell: (row) =>
        row.group === null ? '–' : row.exclusive ? t('tags.groupOfOne', { group: row.group }) : row.group,
    },
    number('members'),
    number('manual'),
    number('imported'),
    number('automatic'),
    {
      key: 'description',
      header: t('tags.description'),
      value: (row) => row.description,
      cell: (row) => (
        <>
          {row.description || (row.rule === null ? '–' : null)}
          {row.rule === null ? null : (
            <span className={classes.sentence}>
              {t(rules?.refused.includes(row.name) ? 'tags.ruleRefused' : 'tags.ruleIs', {
                rule: sentence(row.rule),
              })}
            </span>
          )}
        </>
      ),
    },
    {
      key: 'actions',
      header: <span className="visually-hidden">{t('tags.actions')}</span>,
      cell: (tag: Tag) => (
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon
              variant="subtle"
              color="gray"
              className={classes.remove}
              aria-label={t('tags.actionsOf', { tag: tag.name })}
            >
              <IconDots size={18} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {mayChange ? (
              <>
                {(['putOn', 'rule', 'edit', 'rename', 'merge'] as const).map((what) => (
                  <Menu.Item key={what} onClick={() => setOpen({ tag, what })}>
                    {t(`tags.${what}`)}
                  </Menu.Item>
                ))}
              </>
            ) : null}
            <Menu.Item onClick={() => setOpen({ tag, what: 'history' })}>{t('tags.history')}</Menu.Item>
            {mayChange ? (
              <Menu.Item color="red" onClick={() => setOpen({ tag, what: 'retire' })}>
                {t('tags.retire')}
              </Menu.Item>
            ) : null}
          </Menu.Dropdown>
        </Menu>
      ),
    },
  ]
  return (
    <>
      {rules?.running ? (
        <p role="status">{t('tags.applying', { done: rules.running.done, of: rules.running.of })}</p>
      ) : null}
      <QueryPanel
        name={t('tags.title')}
        title={(data) => t('tags.count', { n: data.length })}
        subtitle={t('tags.subtitle')}
        query={answer}
        minHeight={120}
        isEmpty={(data) => data.length === 0}
        empty={{ reason: t('tags.empty') }}
      >
        {(data) => (
          <DataTable columns={columns} rows={data} rowKey={({ name }) => name} label={t('tags.title')} />
        )}
      </QueryPanel>
      {open?.what === 'putOn' ? <PutOnDialog tag={open.tag.name} onClose={close} /> : null}
      {open?.what === 'rule' ? <TagRuleDialog tag={open.tag} onClose={close} /> : null}
      {open?.what === 'merge' ? <MergeForm tag={open.tag} tags={answer.data ?? []} onClose={close} /> : null}
      {open?.what === 'history' ? <TagHistory tag={open.tag.name} onClose={close} /> : null}
      {open?.what === 'edit' ? <TagForm tag={open.tag} onClose={close} /> : null}
      {open?.what === 'rename' ? <RenameForm tag={open.tag} onClose={close} /> : null}
      {open?.what === 'retire' ? <RetireForm tag={open.tag} onClose={close} /> : null}
    </>
  )
}
