import { kindNamed } from '../kinds/catalogue.ts'
import type { Mapping } from './mapping.ts'

/** What the rows of a file are told apart by. */
export const identityOf = ({
  kind,
  columns,
}: Pick<Mapping, 'kind' | 'columns'>): 'order' | 'row' | 'member' | 'key' => {
  if (kindNamed(kind)) return 'key'
  if (kind === 'members') return 'member'
  return (kind === 'refunds' ? columns.refundId : columns.orderId) === undefined ? 'row' : 'order'
}
