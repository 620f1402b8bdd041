import { Button } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import classes from './members.module.css'

interface Props<Row> {
  readonly label: string
  readonly columns: readonly Column<Row>[]
  /** Keys of the columns that a phone has room for. */
  readonly onPhone: readonly string[]
  readonly rows: readonly Row[]
  /** How many rows there are before somebody asks for more. */
  readonly first: number
  rowKey(row: Row): string
}

/** A list of a member's, its first rows until all are asked for. */
export function FirstRows<Row>({ label, columns, onPhone, rows, first, rowKey }: Props<Row>) {
  const t = useTranslations('members')
  const isPhone = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  const [all, showAll] = useState(false)
  return (
    <>
      <DataTable
        label={label}
        columns={isPhone ? columns.filter(({ key }) => onPhone.includes(key)) : columns}
        rows={all ? rows : rows.slice(0, first)}
        rowKey={rowKey}
        dense
      />
      {!all && rows.length > first ? (
        <div className={classes.more}>
          <Button variant="default" onClick={() => showAll(true)}>
            {t('more')}
          </Button>
        </div>
      ) : null}
    </>
  )
}
