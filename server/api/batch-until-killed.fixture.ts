import { makeApp } from '../app.ts'
import { openPlatform } from '../platform.ts'

// For tests that kill it: node batch-until-killed.fixture.ts KEY DATA_FOLDER sends a batch of orders, always the same one at the
// same instant.
const [key, folder] = process.argv.slice(2)
// a batch is named by when it came
const platform = await openPlatform(folder!, { now: () => new Date('2026-11-28T04:00:00Z') })
const app = await makeApp(platform)
const orders = Array.from({ length: 2000 }, (_, i) => ({
  orderId: `B${i}`,
  memberId: `m${i % 1200}`,
  orderedAt: `2026-03-0${1 + (i % 9)}T02:00:00Z`,
  amountMinor: 100 + i,
}))
const answer = await app.inject({
  method: 'POST',
  url: '/api/v1/orders',
  headers: { authorization: `Bearer ${key}`, 'idempotency-key': 'batch' },
  payload: { orders },
})
await app.close()
await platform.close()
if (answer.statusCode !== 200) throw new Error(answer.body)
