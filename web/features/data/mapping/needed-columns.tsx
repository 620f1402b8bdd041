import { Select } from '@mantine/core'
import { useTranslations } from 'use-intl'
import { useLanguage } from '../../../ui/language.tsx'
import classes from '../data.module.css'
import { Sureness } from './sureness.tsx'
import { useColumnTitle } from './column-title.ts'
import {
  isGuestsAlone,
  identityFields,
  neededRows,
  withColumn,
  withMember,
  withoutMembers,
  type Field,
  type InspectedFile,
  type NeededRow,
  type Editing,
  type OfKind,
} from './mapping.ts'

/** The choice that no column names members. */
const noMember = 'none'

export function NeededColumns({ file, further, map, onChange }: Editing & OfKind) {
  const t = useTranslations('data')
  const title = useColumnTitle(file)
  const options = file.columns.map(({ position }) => ({ value: String(position), label: title(position) }))
  return (
    <div className={classes.needed}>
      {neededRows(file, further).map(
        ({ row, field, label, number = 'memberId', column, times, optional }) => (
          <div key={field} className={classes.neededRow}>
            <div className={classes.neededName}>
              <strong>{row === 'field' ? label : t(`needed.${row}`)}</strong>
              <Sureness
                found={column !== undefined}
                confidence={column && column.header !== file.otherCurrency?.header ? column.confidence : 0}
                without={optional ? t('sure.notInFile') : withoutColumn(row, file, t)}
              />
            </div>
            <Select
              aria-label={row === 'field' ? label : t(`needed.${row}`)}
              data={
                row === 'member' && file.map.kind === 'orders'
                  ? [{ value: noMember, label: t('mapping.noMember') }, ...options]
                  : options
              }
              value={
                column ? String(column.position) : row === 'member' && isGuestsAlone(file) ? noMember : null
              }
              placeholder={t(
                row === 'order'
                  ? 'mapping.noOrder'
                  : optional
                    ? 'mapping.unused'
                    : row === 'refundOrder'
                      ? 'mapping.noOrderNamed'
                      : 'mapping.choose',
              )}
              clearable={row === 'order' || optional || isOptional(row, file)}
              searchable
              onChange={(value) =>
                onChange(
                  value === noMember
                    ? withoutMembers(map)
                    : (row === 'member' ? withMember : withColumn)(
                        map,
                        file,
                        field,
                        value === null ? null : Number(value),
                      ),
                )
              }
            />
            {row === 'member' && column && file.map.kind !== 'refunds' ? (
              <Select
                aria-label={t('mapping.identityKind')}
                data={identityFields.map((kind) => ({
                  value: kind === 'memberId' ? number : kind,
                  label: t(`fields.${kind}`),
                }))}
                value={field}
                allowDeselect={false}
                onChange={(kind) => kind && onChange(withColumn(map, file, kind as Field, column.position))}
              />
            ) : null}
            {row === 'amount' && column ? (
              <Select
                aria-label={t('mapping.amountKind')}
                data={(['amount', 'orderTotal', 'unitPrice'] as const).map((kind) => ({
                  value: kind,
                  label: t(`amountKind.${kind}`),
                }))}
                value={field}
                allowDeselect={false}
                onChange={(kind) => kind && onChange(withColumn(map, file, kind as Field, column.position))}
              />
            ) : null}
            <p className={classes.samples}>
              {column?.samples.join(' · ')}
              {times ? ` × ${times}` : ''}
            </p>
            {row === 'member' ? <IdentityNote file={file} /> : null}
            {row === 'member' && !column && file.map.kind === 'orders' && !isGuestsAlone(file) ? (
              <p className={classes.identity}>{t('mapping.noMemberFound')}</p>
            ) : null}
            {column?.unread ? (
              <p className={classes.unread}>{t('mapping.unread', { ...column.unread })}</p>
            ) : null}
          </div>
        ),
      )}
    </div>
  )
}

/** Which columns tell members apart, in the order in which they are asked, and what of them can't. */
function IdentityNote({ file: { identity } }: { file: InspectedFile }) {
  const t = useTranslations('data')
  const { language } = useLanguage()
  const told = identity.some(({ values }) => values > 0)
    ? identity.filter(({ values }) => values > 0)
    : identity
  const named = told.map(({ kind, header }) =>
    t('mapping.identityColumn', { header, kind: t(`fields.${kind === 'id' ? 'memberId' : kind}`) }),
  )
  const hidden = identity.filter((column) => column.hidden > 0)
  if (named.length < 2 && hidden.length === 0) return null
  return (
    <p className={classes.identity}>
      {named.length < 2
        ? null
        : t('mapping.identity', {
            columns: named.join(language === 'zh-CN' ? '、' : ', '),
            count: named.length,
          })}
      {hidden.map(({ header, hidden: some, values }) => (
        <span key={header} className={classes.unread}>
          {t('mapping.hidden', { header, hidden: some, values })}
        </span>
      ))}
    </p>
  )
}

/** Of refunds neither an order nor a member has to be named. */
const isOptional = (row: NeededRow['row'], file: InspectedFile) =>
  row === 'refundOrder' || (row === 'member' && file.map.kind === 'refunds')

/** What it means that there is no column; undefined where one is needed. */
function withoutColumn(
  row: NeededRow['row'],
  file: InspectedFile,
  t: ReturnType<typeof useTranslations<'data'>>,
): string | undefined {
  if (row === 'order') return t('sure.rows')
  if (row === 'refundOrder') return t('sure.noOrderNamed')
  if (isOptional(row, file)) return t('sure.noMemberNamed')
  return row === 'member' && isGuestsAlone(file) ? t('sure.guests') : undefined
}
