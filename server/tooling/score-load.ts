import { readFileSync } from 'node:fs'
import { argv, memoryUsage, resourceUsage } from 'node:process'
import { deserialize, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { MemberHistories } from '../../analytics/scores/histories-of-members.ts'
import { scored } from '../../analytics/scores/scores.ts'

/**
 * Fits the models to the histories in the file that is named and scores all members, in a process without an engine.
 * Prints by how many megabytes the process grew at most, the histories included.
 */
setFlagsFromString('--expose-gc')
const histories = deserialize(readFileSync(argv[2]!)) as MemberHistories
runInNewContext('gc')()
const bytes = Object.values(histories)
  .filter((column) => ArrayBuffer.isView(column))
  .reduce((sum, { byteLength }) => sum + byteLength, 0)
const before = memoryUsage().rss - bytes
scored(histories, { discountRate: 0 })
console.log((resourceUsage().maxRSS / 1024 - before / 2 ** 20).toFixed(0))
