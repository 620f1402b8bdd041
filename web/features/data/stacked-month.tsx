import type { Column } from '../../ui/data-table.tsx'
import classes from './data.module.css'

/** A month with what it was and what it came to below it: two amounts beside each other are wider than a phone. */
export const stackedMonth = <Row,>(
  header: string,
  month: Column<Row>,
  changes: readonly Column<Row>[],
): Column<Row> => ({
  key: 'month',
  header,
  cell: (row) => (
    <>
      {month.cell!(row)}
      {changes.map(({ key, header, cell }) => (
        <div key={key} className={classes.stacked}>
          <span className={classes.when}>{header}</span> {cell!(row)}
        </div>
      ))}
    </>
  ),
})
