import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { readServerFile } from '../command-line/server-file.ts'
import { demoName } from '../demo/demo.ts'
import { median, quantile, report } from './measuring.ts'

interface Asked {
  readonly procedure: string
  readonly settings?: object
}

/** What each page of figures asks at once when it is opened. */
const pages: Readonly<Record<string, readonly Asked[]>> = {
  'this week': [
    { procedure: 'opportunities.keyFigures' },
    { procedure: 'opportunities.thisWeek' },
    { procedure: 'analytics.overview', settings: { steps: 13 } },
  ],
  retention: [
    { procedure: 'analytics.retention', settings: { periods: 12 } },
    { procedure: 'analytics.repurchase', settings: { steps: 6 } },
    { procedure: 'analytics.growth', settings: { step: 'month' } },
  ],
  value: [
    { procedure: 'analytics.ltv', settings: { periods: 12 } },
    { procedure: 'analytics.rfm' },
    { procedure: 'analytics.rfmMigration', settings: { days: 90 } },
    { procedure: 'analytics.concentration' },
    { procedure: 'analytics.discounts' },
  ],
  dormant: [{ procedure: 'analytics.dormancy' }],
  products: [
    { procedure: 'analytics.products', settings: { by: 'category' } },
    { procedure: 'analytics.affinity', settings: { by: 'category' } },
    { procedure: 'analytics.season', settings: { by: 'category' } },
  ],
  rhythm: [{ procedure: 'analytics.hours' }, { procedure: 'analytics.specialDays' }],
  stores: [{ procedure: 'analytics.places', settings: { by: 'store' } }],
  cards: [{ procedure: 'analytics.cards' }, { procedure: 'analytics.points' }],
}

const dashboards = 8
/** Each dashboard is refreshed so many times. */
const refreshes = 12

/**
 * How long a page takes whose queries are asked at once, over HTTP from a server of its own on `data`; and eight of
 * them together, each refreshed as soon as it is there: all on the first page, and each on another one.
 */
export async function benchDashboards(root: string, data: string, port: string): Promise<void> {
  const server = spawn(process.execPath, [join(root, 'server/main.ts'), '--port', port, '--data', data], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, UV_THREADPOOL_SIZE: '16' },
  })
  try {
    for await (const line of createInterface(server.stdout)) if (/ is ready /.test(line)) break
    const { token } = readServerFile(data)!
    const ask = async ({ procedure, settings }: Asked) => {
      const input = JSON.stringify({ filters: {}, ...(settings ? { settings } : {}) })
      const answer = await fetch(
        `http://127.0.0.1:${port}/trpc/${procedure}?input=${encodeURIComponent(input)}`,
        {
          headers: {
            authorization: `Bearer ${token}`,
            'x-reveille-workspace': encodeURIComponent(demoName),
          },
        },
      )
      if (!answer.ok) throw new Error(`${procedure}: ${await answer.text()}`)
      await answer.arrayBuffer()
    }
    const opened = async (page: string) => {
      const began = performance.now()
      await Promise.all(pages[page]!.map(ask))
      return performance.now() - began
    }
    const names = Object.keys(pages)
    for (const name of names) {
      await opened(name)
      const taken: number[] = []
      for (let i = 0; i < 5; i++) taken.push(await opened(name))
      report({
        what: `the page "${name}", ${pages[name]!.length} questions at once`,
        measured: `${median(taken).toFixed(0)} ms`,
        target: '<= 200 ms',
        met: median(taken) <= 200,
      })
    }
    for (const [what, pageOf] of [
      ['on the first page', () => names[0]!],
      ['each on another page', (nth: number) => names[nth % names.length]!],
    ] as const) {
      const taken: number[] = []
      await Promise.all(
        Array.from({ length: dashboards }, async (_, nth) => {
          for (let i = 0; i < refreshes; i++) taken.push(await opened(pageOf(nth)))
        }),
      )
      report({
        what: `p95 of ${dashboards} dashboards refreshing, ${what}`,
        measured: `${quantile(taken, 0.95).toFixed(0)} ms, median ${median(taken).toFixed(0)}`,
        target: '< 500 ms',
        met: quantile(taken, 0.95) < 500,
      })
    }
  } finally {
    const ended = new Promise((resolve) => server.once('exit', resolve))
    server.kill('SIGTERM')
    await ended
  }
}
