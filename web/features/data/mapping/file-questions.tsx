import { Select } from '@mantine/core'
import { useTranslations } from 'use-intl'
import { useFormat } from '../../../ui/format.ts'
import { useWorkspace } from '../../../ui/workspace.tsx'
import classes from '../data.module.css'
import { dayIn, encodingNames, type Field, type Editing, type OfKind } from './mapping.ts'

/** In which of several encodings the file is read, by how each reads it: asked where its content leaves it open. */
export function WrittenIn({ file: { readings, encoding, questions }, map, onChange }: Editing) {
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
export function TimesIn({ file, further, map, onChange }: Editing & OfKind) {
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

/** What the file can't decide: day or month first, and words of states that are not known. */
export function Questions({ file, map, onChange }: Editing) {
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
                ...(question.places
                  ? { line: question.places.sample.line, other: question.places.against.line }
                  : { line: 0, other: 0 }),
                ...(question.places?.sample.file
                  ? { file: question.places.sample.file, otherFile: question.places.against.file! }
                  : { file: 'none', otherFile: '' }),
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
export function RefundsTaken({ file, map, onChange }: Editing) {
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
