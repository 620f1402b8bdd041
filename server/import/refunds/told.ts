import { say } from '../../messages/messages.ts'
import type { GivenBack } from './receipt.ts'

/** What became of a file's refunds, for the command line. */
export const givenBackLines = (told: GivenBack): string[] => [
  say('refunds-linked', { linked: told.linked, waiting: told.waiting, unlinked: told.unlinked }),
  ...(told.unknownOrders > 0
    ? [
        say('refunds-unknown', {
          orders: told.unknownOrders,
          named: { listed: told.unknownNamed },
          more: told.unknownOrders - told.unknownNamed.length,
        }),
      ]
    : []),
  ...(told.undated > 0 ? [say('refunds-undated', { rows: told.undated })] : []),
  ...(told.dateAssumed > 0 ? [say('refunds-assumed', { rows: told.dateAssumed })] : []),
  ...(told.ofNoSale > 0 ? [say('refunds-no-sale', { rows: told.ofNoSale })] : []),
  ...(told.pending + told.closed > 0
    ? [say('refunds-not-given', { pending: told.pending, closed: told.closed })]
    : []),
  ...(told.saidByOrder > 0 ? [say('refunds-said', { orders: told.saidByOrder })] : []),
]
