import { useTranslations } from 'use-intl'
import classes from '../data.module.css'
import { encodingNames, type InspectedFile } from './mapping.ts'

const separators = { ',': 'comma', '\t': 'tab', ';': 'semicolon', '|': 'bar' } as const

/** What the file is written in, as its content tells: encoding, separator, header, dates, decimals. */
export function ReadAs({ file }: { file: InspectedFile }) {
  const t = useTranslations('data')
  const { otherSheets, headerLine, map, questions } = file
  const { container, sheet, jsonLines, encoding, delimiter } = file.alone ?? file
  const form = file.joined
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
