import { afterAll } from 'vitest'
import { readFileSync, appendFileSync } from 'node:fs'
const read = () => { const s = readFileSync('/proc/self/stat', 'utf8'); const r = s.slice(s.lastIndexOf(')') + 2).split(' '); return [Number(r[11]) + Number(r[12]), Number(r[13]) + Number(r[14]), performance.now()] }
const start = read()
if ((globalThis as any).seenOne !== true) { (globalThis as any).seenOne = true; start[0] = 0; start[2] = 0 }
afterAll(() => {
  const end = read(); const own = (end[0]! - start[0]!) / 100, kids = (end[1]! - start[1]!) / 100
  const file = (globalThis as any).__vitest_worker__?.filepath ?? ''
  const tally = (globalThis as any).tally as Map<string, any> | undefined
  let extra = ''
  if (tally) {
    const all = [...tally].map(([t, v]) => ({ t, ...v }))
    const sum = (k: string) => all.reduce((a, b) => a + b[k], 0)
    extra = ` statements ${sum('n')} distinct ${all.length} prep ${(sum('prep') / 1000).toFixed(1)} run ${(sum('run') / 1000).toFixed(1)}`
    if (process.env.TOP) for (const v of all.sort((a, b) => b.prep + b.run - a.prep - a.run).slice(0, Number(process.env.TOP)))
      extra += `\n  ${(v.prep).toFixed(0)}+${v.run.toFixed(0)}ms n=${v.n} ${v.t.replace(/\s+/g, ' ').slice(0, 160)}`
  }
  appendFileSync('/tmp/suite/cpu.txt', `own ${own.toFixed(1)} kids ${kids.toFixed(1)} wall ${((end[2]! - start[2]!) / 1000).toFixed(1)} ${process.env.LABEL ?? ''} ${file}${extra}\n`)
})
