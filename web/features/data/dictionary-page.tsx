import { useMediaQuery } from '@mantine/hooks'
import { Link } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
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

/** One column of an export, or one field of an orders file, in the reader's words. */
interface Entry {
  readonly name: string
  readonly kind: string
  readonly meaning: string
  readonly origin?: string
  readonly past?: string
}

/** What every exported column and every field of an orders file means. */
export function DictionaryPage() {
  const t = useTranslations('dictionary')
  const trpc = useTRPC()
  const { language } = useLanguage()
  const { role } = useWorkspace()
  const answer = useAnswer(trpc.dictionary.read.queryOptions({ language }))
  const { data } = answer
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
      {data ? (
        <>
          <Entries
            title={t('fieldsTitle')}
            text={t('fieldsText')}
            entries={data.fields.map(({ name, type, meaning }) => ({
              name,
              kind: t(`type.${type}`),
              meaning,
            }))}
          />
          <Entries
            title={t('refundFieldsTitle')}
            text={t('refundFieldsText')}
            entries={data.refundFields.map(({ name, type, meaning }) => ({
              name,
              kind: t(`type.${type}`),
              meaning,
            }))}
          />
          <Entries
            title={t('memberFieldsTitle')}
            text={t('memberFieldsText')}
            entries={data.memberFields.map(({ name, type, meaning }) => ({
              name,
              kind: t(`type.${type}`),
              meaning,
            }))}
          />
          {data.kinds.map((kind) => (
            <Entries
              key={kind.name}
              title={t('kindFieldsTitle', { title: kind.title })}
              text={kind.about}
              entries={kind.fields.map(({ name, type, meaning, needed }) => ({
                name,
                kind: needed ? t('neededIs', { type: t(`type.${type}`) }) : t(`type.${type}`),
                meaning,
              }))}
            />
          ))}
          {data.tables.map((table) => (
            <Entries
              key={table.name}
              title={table.title}
              text={`${table.name} · ${table.meaning}`}
              entries={table.columns.map((column) => ({
                name: column.name,
                kind: [
                  t(`type.${column.type}`),
                  column.unit && t(`unit.${column.unit}`, { currency: data.currency }),
                ]
                  .filter(Boolean)
                  .join(' · '),
                meaning: column.meaning,
                origin: t(`from.${column.origin}`),
                past: t(`known.${column.past}`),
              }))}
            />
          ))}
        </>
      ) : null}
    </Page>
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
