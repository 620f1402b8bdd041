import { Anchor, TextInput } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { inferRouterOutputs } from '@trpc/server'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { useTRPC } from '../../trpc.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useLanguage } from '../../ui/language.tsx'
import { Page } from '../../ui/page.tsx'
import { Failure } from '../../ui/panel-states.tsx'
import { Panel } from '../../ui/panel.tsx'
import { useAnswer } from '../../ui/query-panel.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import { DataLinks } from './data-links.tsx'
import classes from './dictionary.module.css'

type Type =
  | inferRouterOutputs<AppRouter>['dictionary']['read']['fields'][number]['type']
  | inferRouterOutputs<AppRouter>['dictionary']['read']['kinds'][number]['fields'][number]['type']
  | inferRouterOutputs<AppRouter>['dictionary']['read']['memberFields'][number]['type']

/** One column of an export, or one field of an orders file, in the reader's words. */
interface Entry {
  readonly name: string
  readonly kind: string
  readonly meaning: string
  readonly origin?: string
  readonly past?: string
}

/** One file or table with its columns. */
interface Section {
  /** Anchor in the page. */
  readonly id: string
  readonly title: string
  readonly text: string
  readonly entries: readonly Entry[]
}

/** What every exported column and every field of an orders file means. */
export function DictionaryPage() {
  const t = useTranslations('dictionary')
  const trpc = useTRPC()
  const { language } = useLanguage()
  const { role } = useWorkspace()
  const answer = useAnswer(trpc.dictionary.read.queryOptions({ language }))
  const { data } = answer
  const fieldsOf = (
    fields: readonly { name: string; type: Type; meaning: string; needed?: boolean }[],
  ): Entry[] =>
    fields.map(({ name, type, meaning, needed }) => ({
      name,
      kind: needed === true ? t('neededIs', { type: t(`type.${type}`) }) : t(`type.${type}`),
      meaning,
    }))
  const sectionsOf = (told: NonNullable<typeof data>): Section[] => [
    { id: 'file-orders', title: t('fieldsTitle'), text: t('fieldsText'), entries: fieldsOf(told.fields) },
    {
      id: 'file-refunds',
      title: t('refundFieldsTitle'),
      text: t('refundFieldsText'),
      entries: fieldsOf(told.refundFields),
    },
    {
      id: 'file-members',
      title: t('memberFieldsTitle'),
      text: t('memberFieldsText'),
      entries: fieldsOf(told.memberFields),
    },
    ...told.kinds.map((kind) => ({
      id: `file-${kind.name}`,
      title: t('kindFieldsTitle', { title: kind.title }),
      text: kind.about,
      entries: fieldsOf(kind.fields),
    })),
    ...told.tables.map((table) => ({
      id: `table-${table.name}`,
      title: table.title,
      text: `${table.name} · ${table.meaning}`,
      entries: table.columns.map((column) => ({
        name: column.name,
        kind: [t(`type.${column.type}`), column.unit && t(`unit.${column.unit}`, { currency: told.currency })]
          .filter(Boolean)
          .join(' · '),
        meaning: column.meaning,
        origin: t(`from.${column.origin}`),
        past: t(`known.${column.past}`),
      })),
    })),
  ]
  return (
    <Page
      title={t('title')}
      lead={t('lead')}
      actions={<DataLinks mayImport={role === 'owner' || role === 'marketer'} here />}
      notes={data ? t('historyNote') : undefined}
    >
      <Link to="/data" className={classes.back}>
        {t('back')}
      </Link>
      {answer.isError ? <Failure error={answer.error} retry={() => void answer.refetch()} /> : null}
      {data ? <Sections sections={sectionsOf(data)} /> : null}
    </Page>
  )
}

/** All sections under a list of them, or what a search leaves of them. */
function Sections({ sections }: { sections: readonly Section[] }) {
  const t = useTranslations('dictionary')
  const [search, type] = useState('')
  const words = search.trim().toLowerCase().split(/\s+/).filter(Boolean)
  const has = (...texts: string[]) => {
    const all = texts.join(' ').toLowerCase()
    return words.every((word) => all.includes(word))
  }
  // a table that is itself what was searched for is shown whole
  const shown = sections
    .map((section) => ({
      ...section,
      entries: has(section.title, section.text)
        ? section.entries
        : section.entries.filter(({ name, meaning }) => has(section.title, name, meaning)),
    }))
    .filter(({ entries }) => entries.length > 0)
  const columns = shown.reduce((sum, { entries }) => sum + entries.length, 0)
  // The address stays as it is: the page is found by its own.
  const go = (id: string) => {
    const section = document.getElementById(id)
    section?.scrollIntoView()
    section?.focus({ preventScroll: true })
  }
  return (
    <>
      <Panel title={t('contents')} subtitle={t('contentsText', { tables: shown.length, columns })}>
        <TextInput
          className={classes.search}
          type="search"
          aria-label={t('search')}
          placeholder={t('search')}
          leftSection={<IconSearch size={16} aria-hidden />}
          value={search}
          onChange={(event) => type(event.currentTarget.value)}
        />
        {shown.length === 0 ? (
          <p className={classes.facts}>{t('nothingFound', { search: search.trim() })}</p>
        ) : (
          <ul className={classes.contents}>
            {shown.map(({ id, title, entries }) => (
              <li key={id}>
                <Anchor
                  href={`#${id}`}
                  onClick={(event) => {
                    event.preventDefault()
                    go(id)
                  }}
                >
                  {title}
                </Anchor>{' '}
                <span className={classes.facts}>{entries.length}</span>
              </li>
            ))}
          </ul>
        )}
      </Panel>
      {shown.map(({ id, ...section }) => (
        <section key={id} id={id} tabIndex={-1} className={classes.section} aria-label={section.title}>
          <Entries {...section} />
        </section>
      ))}
    </>
  )
}

function Entries({ title, text, entries }: { title: string; text: string; entries: readonly Entry[] }) {
  const t = useTranslations('dictionary')
  const onPhone = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  if (onPhone)
    return (
      <Panel title={title} subtitle={text}>
        <dl className={classes.list}>
          {entries.map(({ name, kind, meaning, origin, past }) => (
            <div key={name}>
              <dt>
                <code>{name}</code>
              </dt>
              <dd>{meaning}</dd>
              <dd className={classes.facts}>
                {kind}
                {origin ? ` · ${t('originIs', { origin })}` : ''}
                {past ? ` · ${t('pastIs', { past })}` : ''}
              </dd>
            </div>
          ))}
        </dl>
      </Panel>
    )
  const columns: Column<Entry>[] = [
    { key: 'column', header: t('column'), cell: ({ name }) => <code>{name}</code> },
    {
      key: 'meaning',
      header: t('meaning'),
      cell: ({ meaning }) => <div className={classes.meaning}>{meaning}</div>,
    },
    { key: 'kind', header: t('kind'), cell: ({ kind }) => kind },
    ...(entries[0]?.origin
      ? ([
          { key: 'origin', header: t('origin'), cell: ({ origin }) => origin },
          { key: 'past', header: t('past'), cell: ({ past }) => past },
        ] satisfies Column<Entry>[])
      : []),
  ]
  return (
    <Panel title={title} subtitle={text}>
      <DataTable columns={columns} rows={entries} rowKey={({ name }) => name} label={title} />
    </Panel>
  )
}
