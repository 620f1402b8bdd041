import { Button, Select } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useTranslations } from 'use-intl'
import type { MapOverrides } from '../../../server/import/mapping.ts'
import { errorCode, useTRPC } from '../../trpc.ts'
import { DataTable } from '../../ui/data-table.tsx'
import { useLanguage } from '../../ui/language.tsx'
import { useFormat } from '../../ui/format.ts'
import { Failure, useErrorText } from '../../ui/panel-states.tsx'
import { Panel } from '../../ui/panel.tsx'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
import { StatusChip } from '../../ui/status-chip.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import classes from './data.module.css'
import {
  dayIn,
  encodingNames,
  type Field,
  fieldOrder,
  type FurtherKind,
  memberFieldOrder,
  refundFieldOrder,
  type InspectedFile,
  isGuestsAlone,
  isOfNoKind,
  isOpen,
  type SaidEncodings,
  type StartOrder,
  identityFields,
  type NeededRow,
  neededRows,
  withColumn,
  withMember,
  withoutMembers,
} from './mapping.ts'

/**
 * Guessed columns for confirmation: the four that matter first, each with samples and how sure the guess is. `part`: of
 * which part of files given together; without `onStarted` it is imported with the others, from elsewhere.
 */
export function MappingPanel({
  uploadId,
  part,
  encodings,
  map,
  onMap: setMap,
  onStarted,
  onLeave,
}: {
  uploadId: string
  part?: string
  encodings?: SaidEncodings
  map: MapOverrides
  onMap: (map: MapOverrides) => void
  onStarted?: (runIds: readonly string[], order: StartOrder) => void
  onLeave: () => void
}) {
  const t = useTranslations('data')
  const trpc = useTRPC()
  const { language } = useLanguage()
  const { instant } = useFormat()
  const { currency } = useWorkspace()
  const errorText = useErrorText()
  const source = { uploadId }
  const kinds = useAnswer(trpc.imports.kinds.queryOptions({ language })).data ?? []
  const inspection = useAnswer(trpc.imports.inspect.queryOptions({ source, part, encodings, map, language }))
  const start = useMutation(
    trpc.imports.start.mutationOptions({ onSuccess: ({ runIds }, order) => onStarted?.(runIds, order) }),
  )
  const begin = (dryRun: boolean) => start.mutate({ source, map, dryRun, language })

  // A file that can't be read is refused as often as it is asked: the sentence says what to do instead.
  if (inspection.isError && errorCode(inspection.error) === 'PRECONDITION_FAILED')
    return (
      <RejectedPanel
        sentence={errorText(inspection.error).sentence}
        onBack={Object.keys(map).length > 0 ? () => setMap({}) : undefined}
        onLeave={onLeave}
      />
    )

  return (
    <QueryPanel
      name={t('mapping.title')}
      title={t('mapping.title')}
      subtitle={(file) => t('mapping.subtitle', { file: file.fileName, rows: file.sampled })}
      query={inspection}
      tools={
        onStarted ? (
          <Button variant="subtle" size="xs" onClick={onLeave}>
            {t('mapping.other')}
          </Button>
        ) : undefined
      }
    >
      {(file) => {
        const noKind = isOfNoKind(file, map)
        const open = isOpen(file, map)
        const further = kinds.find(({ name }) => name === file.map.kind)
        const titleOf = (kind: typeof file.map.kind) =>
          kind === 'orders' || kind === 'refunds' || kind === 'members'
            ? t(`kind.${kind}`)
            : (kinds.find(({ name }) => name === kind)?.title ?? kind)
        return (
          <div className={classes.mapping}>
            {file.remembered ? (
              <p className={classes.note}>
                {t('remembered', {
                  file: file.remembered.fileName,
                  time: instant(file.remembered.importedAt),
                })}
              </p>
            ) : null}
            <Select
              label={t('kind.label')}
              data={[
                ...(['orders', 'refunds', 'members'] as const).map((kind) => ({
                  value: kind as string,
                  label: t(`kind.${kind}`),
                })),
                ...kinds.map(({ name, title }) => ({ value: name as string, label: title })),
              ]}
              // While it is open none stands there: who means the first one has to be able to choose it.
              value={(noKind || file.otherKinds.length > 0) && map.kind === undefined ? null : file.map.kind}
              placeholder={t('kind.choose')}
              allowDeselect={false}
              onChange={(kind) => kind && setMap({ kind: kind as typeof file.map.kind })}
            />
            {further ? <p className={classes.note}>{further.about}</p> : null}
            {noKind ? (
              <p className={classes.note} role="status">
                {t('kind.none')}
              </p>
            ) : null}
            {file.otherKinds.length > 0 ? (
              <p className={classes.note} role="status">
                {t('kind.open', { kinds: [file.map.kind, ...file.otherKinds].map(titleOf).join(' · ') })}
              </p>
            ) : null}
            {file.preset ? <p className={classes.note}>{t(`preset.${file.preset}`)}</p> : null}
            {file.personHint ? (
              <p className={classes.note} role="status">
                {file.personHint.other === null
                  ? t('personHint', { header: file.personHint.header, rows: file.sampled })
                  : t(file.personHint.otherIs === null ? 'personHintOther' : 'personHintKind', {
                      header: file.personHint.header,
                      other: file.personHint.other,
                      rows: file.sampled,
                    })}
              </p>
            ) : null}
            <ReadAs file={file} />
            <WrittenIn file={file} map={map} onChange={setMap} />
            {file.tables.length > 0 ? (
              <ul className={classes.facts}>
                {file.tables.map((note) => (
                  <li key={note}>{note}</li>
                ))}
              </ul>
            ) : null}
            {file.otherCurrency ? (
              <p className={classes.unread} role="status">
                {t('mapping.otherCurrency', { ...file.otherCurrency, currency })}
              </p>
            ) : null}
            {file.partOfOrders && !noKind ? (
              <p className={classes.note} role="status">
                {t('mapping.partOfOrders')}
              </p>
            ) : null}
            {noKind ? null : (
              <>
                <NeededColumns file={file} further={further} map={map} onChange={setMap} />
                <RefundsTaken file={file} map={map} onChange={setMap} />
                <TimesIn file={file} further={further} map={map} onChange={setMap} />
                <Questions file={file} map={map} onChange={setMap} />
                <OtherColumns file={file} further={further} map={map} onChange={setMap} />
              </>
            )}
            {start.isError ? <Failure error={start.error} /> : null}
            {open && !noKind ? <p className={classes.note}>{t('mapping.open')}</p> : null}
            {onStarted ? (
              <div className={classes.buttons}>
                <Button onClick={() => begin(false)} disabled={open} loading={start.isPending}>
                  {t('mapping.import')}
                </Button>
                <Button variant="default" onClick={() => begin(true)} disabled={open || start.isPending}>
                  {t('mapping.check')}
                </Button>
              </div>
            ) : null}
          </div>
        )
      }}
    </QueryPanel>
  )
}

interface Editing {
  file: InspectedFile
  map: MapOverrides
  onChange: (map: MapOverrides) => void
}

interface OfKind {
  /** The file's kind where it is neither of orders nor of members. */
  further: FurtherKind | undefined
}

/** The header of a column by position; with its number where it is empty or not the only one. */
function useColumnTitle({ columns }: InspectedFile) {
  const t = useTranslations('data')
  return (position: number): string => {
    const { header } = columns[position]!
    const number = position + 1
    if (header === '') return t('mapping.unnamed', { number })
    const alone = columns.every((other) => other.header !== header || other.position === position)
    return alone ? header : t('mapping.sameName', { header, number })
  }
}

const separators = { ',': 'comma', '\t': 'tab', ';': 'semicolon', '|': 'bar' } as const

/** What the file is written in, as its content tells: encoding, separator, header, dates, decimals. */
function ReadAs({ file }: { file: InspectedFile }) {
  const t = useTranslations('data')
  const { container, sheet, otherSheets, jsonLines, encoding, delimiter, headerLine, map, questions } = file
  const form =
    file.tables.length > 0
      ? t('form.tables')
      : container === 'parquet'
        ? t('form.parquet')
        : container === 'xlsx'
          ? t('form.workbook', {
              sheet: sheet ?? '',
              others: otherSheets.length,
              names: otherSheets.join(', '),
            })
          : jsonLines
            ? t('form.jsonLines')
            : t('form.delimited', {
                encoding: encodingNames[encoding],
                separator: separators[delimiter],
              })
  return (
    <p className={classes.note}>
      {t('form.read', {
        form,
        line: headerLine,
        dates: map.dates ?? (questions.some(({ kind }) => kind === 'dates') ? 'open' : 'none'),
        order: map.dates ? t(`dates.${map.dates}`) : '',
        zone: map.timeZone,
        mark: map.decimalMark,
      })}
    </p>
  )
}

/** In which of several encodings the file is read, by how each reads it: asked where its content leaves it open. */
function WrittenIn({ file: { readings, encoding, questions }, map, onChange }: Editing) {
  const t = useTranslations('data')
  if (readings.length < 2) return null
  const open = questions.some(({ kind }) => kind === 'encoding')
  return (
    <Select
      label={t('mapping.encoding')}
      description={open ? t('mapping.encodingOpen') : null}
      data={readings.map((reading) => ({
        value: reading.encoding as string,
        label: `${encodingNames[reading.encoding]}: ${reading.sample}`,
      }))}
      value={open ? null : encoding}
      placeholder={t('mapping.chooseOne')}
      allowDeselect={false}
      // other names of columns: what was said of them is said anew
      onChange={(said) =>
        said && onChange({ ...(map.kind ? { kind: map.kind } : {}), encoding: said as typeof encoding })
      }
    />
  )
}

const zones = Intl.supportedValuesOf('timeZone')
const times = ['orderedAt', 'paidAt', 'refundedAt', 'timeOfDay', 'joinedAt', 'consentAt'] as const

/** In which zone times are that name none: asked where the file has any, or where it is not the workspace's. */
function TimesIn({ file, further, map, onChange }: Editing & OfKind) {
  const t = useTranslations('data')
  const { timeZone } = useWorkspace()
  const isTime = (field: Field | null): boolean =>
    field !== null &&
    (further
      ? further.fields.some(({ name, type }) => name === field && type === 'date')
      : (times as readonly Field[]).includes(field))
  const anyTime = file.columns.some(
    ({ field, samples }) => isTime(field) && samples.some((sample) => /\d[:时点時點]\d/.test(sample)),
  )
  if (!anyTime && file.map.timeZone === timeZone) return null
  return (
    <Select
      label={t('mapping.timeZone')}
      description={
        file.map.timeZone === timeZone
          ? null
          : t('mapping.otherZone', { file: file.map.timeZone, own: timeZone })
      }
      data={zones.includes(file.map.timeZone) ? zones : [file.map.timeZone, ...zones]}
      value={file.map.timeZone}
      allowDeselect={false}
      searchable
      onChange={(zone) => zone && onChange({ ...map, timeZone: zone })}
    />
  )
}

/** The choice that no column names members. */
const noMember = 'none'

function NeededColumns({ file, further, map, onChange }: Editing & OfKind) {
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
  const named = identity.map(({ kind, header }) =>
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

function Sureness({
  found,
  confidence,
  without,
}: {
  found: boolean
  confidence: number
  /** What it means that there is none; undefined where one is needed. */
  without: string | undefined
}) {
  const t = useTranslations('data')
  if (!found)
    return without ? (
      <StatusChip tone="info">{without}</StatusChip>
    ) : (
      <StatusChip tone="bad">{t('sure.missing')}</StatusChip>
    )
  if (confidence >= 0.8) return <StatusChip tone="good">{t('sure.yes')}</StatusChip>
  return <StatusChip tone="warn">{t('sure.check')}</StatusChip>
}

/** What the file can't decide: day or month first, and words of states that are not known. */
function Questions({ file, map, onChange }: Editing) {
  const t = useTranslations('data')
  const { day } = useFormat()
  const ofRefunds = file.map.kind === 'refunds'
  const decided = file.map.dates === 'day-first' || file.map.dates === 'month-first' ? file.map.dates : null
  const asked = file.questions.some(({ kind }) => kind === 'dates')
  const questions = file.questions.map((question) =>
    question.kind === 'dates' ? (
      <Select
        key="dates"
        label={
          question.against === null
            ? t('question.dates', { header: question.header, sample: question.sample })
            : t('question.mixedDates', {
                header: question.header,
                sample: question.sample,
                against: question.against,
              })
        }
        data={(['day-first', 'month-first'] as const).map((order) => {
          const read = question.against === null ? dayIn(question.sample, order) : null
          return {
            value: order,
            label: read === null ? t(`dates.${order}`) : t(`dates.${order}-is`, { day: day(read) }),
          }
        })}
        value={map.dates ?? null}
        placeholder={t('mapping.chooseOne')}
        onChange={(order) => onChange({ ...map, dates: order as 'day-first' | 'month-first' })}
      />
    ) : question.kind === 'decimals' ? (
      <Select
        key="decimals"
        label={t('question.decimals', { header: question.header, sample: question.sample })}
        data={[
          { value: '.', label: t('decimals.point') },
          { value: ',', label: t('decimals.comma') },
        ]}
        value={map.decimalMark ?? null}
        placeholder={t('mapping.chooseOne')}
        onChange={(mark) => onChange({ ...map, decimalMark: mark as '.' | ',' })}
      />
    ) : question.kind === 'encoding' ? null : (
      <fieldset key="states" className={classes.states}>
        <legend>{t(ofRefunds ? 'refundState.question' : 'question.states')}</legend>
        {question.words.map((word) => (
          <Select
            key={word}
            label={word}
            data={
              ofRefunds
                ? (['paid', 'unpaid', 'closed'] as const).map((state) => ({
                    value: state,
                    label: t(`refundState.${state}`),
                  }))
                : (['paid', 'unpaid', 'closed', 'refunded'] as const).map((state) => ({
                    value: state,
                    label: t(`states.${state}`),
                  }))
            }
            value={map.states?.[word] ?? null}
            onChange={(state) =>
              state &&
              onChange({
                ...map,
                states: { ...map.states, [word]: state as 'paid' | 'unpaid' | 'closed' | 'refunded' },
              })
            }
          />
        ))}
      </fieldset>
    ),
  )
  return (
    <>
      {decided && !asked ? (
        <Select
          label={t('mapping.dateOrder')}
          data={(['day-first', 'month-first'] as const).map((order) => ({
            value: order,
            label: t(`dates.${order}`),
          }))}
          value={decided}
          allowDeselect={false}
          onChange={(order) => onChange({ ...map, dates: order as 'day-first' | 'month-first' })}
        />
      ) : null}
      {questions}
    </>
  )
}

/** Whether refunds were taken off the amounts: the file's own figures say it, unless the merchant does. */
function RefundsTaken({ file, map, onChange }: Editing) {
  const t = useTranslations('data')
  if (file.columns.every(({ field }) => field !== 'refundAmount')) return null
  const said = file.map.amountsAreNet
  return (
    <Select
      label={t('refunds.label')}
      data={(['check', 'off', 'net'] as const).map((choice) => ({
        value: choice,
        label: t(`refunds.${choice}`),
      }))}
      value={said === undefined ? 'check' : said ? 'net' : 'off'}
      allowDeselect={false}
      onChange={(choice) => onChange({ ...map, amountsAreNet: choice === 'check' ? null : choice === 'net' })}
    />
  )
}

const ownFields = { orders: fieldOrder, refunds: refundFieldOrder, members: memberFieldOrder } as const

function OtherColumns({ file, further, map, onChange }: Editing & OfKind) {
  const t = useTranslations('data')
  const needed = new Set(neededRows(file, further).map(({ column }) => column?.position))
  const rows = file.columns.filter(({ position }) => !needed.has(position))
  const title = useColumnTitle(file)
  if (rows.length === 0) return null
  const meanings: { value: string; label: string }[] = further
    ? further.fields
        .filter((one) => !one.asked && one.type !== 'rest')
        .map(({ name, label }) => ({ value: name, label }))
    : ownFields[file.map.kind as keyof typeof ownFields].map((field) => ({
        value: field,
        label: t(field === 'state' && file.map.kind === 'refunds' ? 'fields.refundState' : `fields.${field}`),
      }))
  const keepsOthers = further?.fields.some(({ type }) => type === 'rest') === true
  return (
    <details className={classes.others}>
      <summary>{t('mapping.others', { count: rows.length })}</summary>
      <DataTable
        label={t('mapping.othersLabel')}
        rows={rows}
        rowKey={({ position }) => String(position)}
        columns={[
          { key: 'header', header: t('mapping.column'), cell: ({ position }) => title(position) },
          {
            key: 'meaning',
            header: t('mapping.meaning'),
            cell: ({ position, field, header }) => (
              <Select
                aria-label={t('mapping.meaningOf', { header: title(position) })}
                size="xs"
                data={meanings}
                value={field}
                placeholder={t(keepsOthers && header !== '' ? 'mapping.keptByName' : 'mapping.unused')}
                clearable
                onChange={(chosen) =>
                  onChange(
                    chosen === null
                      ? withColumn(map, file, field as Field, null)
                      : withColumn(map, file, chosen as Field, position),
                  )
                }
              />
            ),
          },
          {
            key: 'sureness',
            header: t('mapping.sureness'),
            cell: ({ field, confidence }) =>
              field === null ? null : <Sureness found confidence={confidence} without={undefined} />,
          },
          {
            key: 'samples',
            header: t('mapping.samples'),
            cell: ({ samples, unread }) => (
              <span className={classes.samples}>
                {samples.join(' · ')}
                {unread ? <span className={classes.unread}>{t('mapping.unread', { ...unread })}</span> : null}
              </span>
            ),
          },
        ]}
      />
    </details>
  )
}

/** A file that has been rejected before it could be mapped. */
/** `onBack`: to the columns as they are guessed, where a choice made the file unreadable. */
export function RejectedPanel({
  sentence,
  onBack,
  onLeave,
}: {
  sentence: string
  onBack?: (() => void) | undefined
  onLeave: () => void
}) {
  const t = useTranslations('data')
  return (
    <Panel title={t('rejected.title')}>
      <p role="alert">{sentence}</p>
      <div className={classes.buttons}>
        {onBack ? <Button onClick={onBack}>{t('ended.again')}</Button> : null}
        <Button variant="default" onClick={onLeave}>
          {t('mapping.other')}
        </Button>
      </div>
    </Panel>
  )
}
