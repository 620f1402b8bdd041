import {
  type DuckDBDataChunk,
  type DuckDBResult,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
} from '@duckdb/node-api'
import type { Row } from './engine.ts'

/** The name that a column has in a row. */
export const camelCase = (column: string) =>
  column.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

/** Turns the chunks of a result into rows: names in camelCase, days and instants as ISO text. */
export function rowDecoder(result: DuckDBResult): (chunk: DuckDBDataChunk) => Row[] {
  const columns = result.columnNames().map(camelCase)
  const types = result.columnTypes()
  return (chunk) => {
    const rows: Row[] = Array.from({ length: chunk.rowCount }, () => ({}))
    columns.forEach((column, index) => {
      const decode = valueDecoder(types[index]!, column)
      chunk.getColumnValues(index).forEach((value, row) => {
        rows[row]![column] = value === null ? null : decode(value)
      })
    })
    return rows
  }
}

function valueDecoder(type: DuckDBType, column: string): (value: DuckDBValue) => Row[string] {
  switch (type.typeId) {
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.HUGEINT:
    case DuckDBTypeId.UHUGEINT:
      return (value) => {
        const integer = Number(value as bigint)
        if (!Number.isSafeInteger(integer))
          throw new RangeError(`${column} is beyond a safe integer: ${value}`)
        return integer
      }
    case DuckDBTypeId.DATE:
      return (value) => String(value)
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_TZ:
      return (value) => new Date(Number((value as { micros: bigint }).micros / 1000n)).toISOString()
    case DuckDBTypeId.VARCHAR:
    case DuckDBTypeId.BOOLEAN:
    case DuckDBTypeId.TINYINT:
    case DuckDBTypeId.UTINYINT:
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.USMALLINT:
    case DuckDBTypeId.INTEGER:
    case DuckDBTypeId.UINTEGER:
    case DuckDBTypeId.FLOAT:
    case DuckDBTypeId.DOUBLE:
    case DuckDBTypeId.SQLNULL:
      return (value) => value as Row[string]
    case DuckDBTypeId.DECIMAL:
    case DuckDBTypeId.ENUM:
    case DuckDBTypeId.UUID:
      return (value) => String(value)
    default:
      throw new TypeError(`${column} has a type that no result may have: ${type}`)
  }
}
