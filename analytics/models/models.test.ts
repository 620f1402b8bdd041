import { describe, expect, test } from 'vitest'
import { bgNbd, mbgNbd } from './beta-geometric.ts'
import { cdnowCustomers, cdnowSummary, dayOf, golden } from './cdnow.fixture.ts'
import { discountedPurchases } from './forecast.ts'
import { expectedSpend, fitSpend } from './gamma-gamma.ts'
import { gathered } from './histories.ts'
import { kaplanMeier } from './kaplan-meier.ts'
import { paretoNbd } from './pareto.ts'
import { expectedPurchases, type PurchaseModel } from './purchase-model.ts'
import { calibrated, judged } from './quality.ts'
import { selected } from './selection.ts'

const relative = (actual: number, expected: number) =>
  actual === expected ? 0 : Math.abs(actual / expected - 1)
const models: Record<string, PurchaseModel> = { bgnbd: bgNbd, mbgnbd: mbgNbd, paretonbd: paretoNbd }

describe.skipIf(!golden)(
  'CDNOW, against figures computed with 40 digits (skipped without ../shared/data)',
  () => {
    const members = golden ? cdnowSummary() : []
    const column = (name: 'frequency' | 'recency' | 'age') => members.map((member) => member[name])
    const histories = gathered(column('frequency'), column('recency'), column('age'))
    const later = members.map((member) => member.later)

    test.each(Object.keys(models))('%s: likelihood, parameters and their errors', (name) => {
      expect(members).toHaveLength(2357)
      const fit = models[name]!.fit(histories, 0)
      expect(fit.converged).toBe(true)
      expect(Math.abs(fit.logLikelihood - golden![`${name}.loglik`]!.value)).toBeLessThan(1e-6)
      const parameters = Object.entries(golden![`${name}.mle`]!.value as Record<string, number>)
      for (const [parameter, value] of parameters) {
        expect(relative(fit.parameters[parameter]!, value)).toBeLessThan(1e-4)
        const error = golden![`${name}.se`]!.value[parameter]
        expect(relative(fit.standardErrors![parameter]!, error)).toBeLessThan(1e-3)
      }
      const covariance = golden![`${name}.cov_logparams`]!.value as number[][]
      covariance.forEach((row, i) =>
        row.forEach((value, j) => expect(fit.covariance![i]![j]!).toBeCloseTo(value, 5)),
      )
    })

    test('what purchases are worth', () => {
      const repeating = members.filter(({ frequency, mean }) => frequency > 0 && mean > 0)
      expect(repeating).toHaveLength(946)
      const spend = {
        frequency: repeating.map((one) => one.frequency),
        mean: repeating.map(({ mean }) => mean),
      }
      const fit = fitSpend(spend, 0)
      expect(Math.abs(fit.logLikelihood - golden!['gammagamma.loglik']!.value)).toBeLessThan(1e-6)
      for (const parameter of ['p', 'q', 'gamma'] as const) {
        const [value, error] = ['mle', 'se'].map((of) => golden![`gammagamma.${of}`]!.value[parameter])
        expect(relative(fit.parameters[parameter], value)).toBeLessThan(1e-4)
        expect(relative(fit.standardErrors![parameter], error)).toBeLessThan(1e-3)
      }
    })

    const parametersAt = (at: string, name: string) => {
      const published = name === 'mbgnbd' ? 'mbgnbd_lifetimes_test' : name
      return golden![at === 'mle' ? `${name}.mle` : `published.${published}`]!.value
    }

    test.each(['mle', 'published'])('members at %s parameters', (at) => {
      const weekly = Math.log(1.15) / 52
      for (const { x, t_x, T, zbar, ...customer } of golden!.customers!.value) {
        if (t_x > T) continue // one whose last purchase is after the day of asking, by rounding
        const history = { frequency: x, recency: t_x, age: T }
        const values = customer[at]
        for (const [short, name] of Object.entries({ bg: 'bgnbd', mbg: 'mbgnbd', pn: 'paretonbd' })) {
          const parameters = parametersAt(at, name)
          const model = models[name]!
          expect(relative(model.alive(parameters, history), values[`${short}_palive`])).toBeLessThan(1e-9)
          const expected = expectedPurchases(model, parameters, history, 39)
          expect(relative(expected, values[`${short}_e39`])).toBeLessThan(1e-9)
        }
        const spend = expectedSpend(parametersAt(at, 'gammagamma'), x, zbar)!
        expect(relative(spend, values.gg_value)).toBeLessThan(1e-9)
        const discounted = discountedPurchases(bgNbd, parametersAt(at, 'bgnbd'), history, 52, weekly)
        expect(relative(discounted, values.bg_dtx_52w_15pct)).toBeLessThan(1e-9)
        // twelve months of 4.345 weeks, each month's purchases worth 1 % less
        const months = Array.from({ length: 12 }, (_, month) => {
          const until = (count: number) =>
            expectedPurchases(bgNbd, parametersAt(at, 'bgnbd'), history, count * 4.345)
          return (until(month + 1) - until(month)) / 1.01 ** (month + 1)
        })
        const value = spend * months.reduce((sum, month) => sum + month, 0)
        expect(relative(value, values.bg_clv12m_1pct)).toBeLessThan(1e-9)
      }
    })

    test('the 39 weeks that were held back, in total and by frequency', () => {
      const totals = golden!['holdout.totals']!.value
      const by = golden!['holdout.by_frequency']!.value
      for (const [name, model] of Object.entries(models)) {
        const calibration = calibrated(model, model.fit(histories, 0), histories, later, 39)!
        expect(calibration.actual).toBe(totals.actual_total_holdout_repeat)
        expect(relative(calibration.predicted.mean, totals[`${name}_predicted_holdout_total`])).toBeLessThan(
          1e-4,
        )
        calibration.rows.forEach(({ members: n, predicted, actual }, i) => {
          expect(n).toBe(by.customers[i])
          expect(actual / n).toBeCloseTo(by.actual_mean[i], 9)
          expect(predicted / n).toBeCloseTo(by[name][i], 3)
        })
      }
    })

    test('the likelier of the two that tell who is alive, and what may be said of it', () => {
      const { model, fit } = selected(histories, 0)
      expect(model.name).toBe('mbg-nbd')
      const calibration = calibrated(model, fit, histories, later, 39)
      // 1,576.7 predicted of 1,882: 16 % too few, and outside of the interval
      expect(judged(fit, histories, calibration)).toEqual({ kind: 'with-caution', because: ['off-in-total'] })
    })

    test('how long the second purchase takes', () => {
      const waits = cdnowCustomers().map((worth) => {
        const [first, second] = [...worth.keys()].toSorted((a, b) => a - b)
        return { time: (second ?? dayOf('1998-06-30')) - first!, ended: second !== undefined }
      })
      const steps = kaplanMeier(waits)
      const { S, se, events } = golden!['km.cdnow_time_to_second']!.value
      expect(steps.reduce((sum, { ended }) => sum + ended, 0)).toBe(events)
      const after = (day: string) => steps.findLast(({ time }) => time <= Number(day))!
      for (const [day, survival] of Object.entries(S))
        expect(after(day).survival).toBeCloseTo(survival as number, 9)
      for (const [day, error] of Object.entries(se)) expect(after(day).error).toBeCloseTo(error as number, 9)
    })
  },
)

describe.skipIf(!golden)('at the edges, against 30 digits (skipped without ../shared/data)', () => {
  test('expected purchases where published forms are not a number', () => {
    const { x, t_x, T, t, expected, lifetimes: _, ...parameters } = golden!['edge.lifetimes_issue_302']!.value
    const history = { frequency: x, recency: t_x, age: T }
    expect(relative(expectedPurchases(bgNbd, parameters, history, t), expected)).toBeLessThan(1e-9)
  })

  test('a hundred histories and parameters', () => {
    const grid = golden!['edge.bg_conditional_expectation_grid']!.value
    expect(grid).toHaveLength(100)
    for (const { x, t_x, T, t, expected, palive, ...parameters } of grid) {
      const history = { frequency: x, recency: t_x, age: T }
      expect(relative(bgNbd.alive(parameters, history), palive)).toBeLessThan(1e-9)
      expect(relative(expectedPurchases(bgNbd, parameters, history, t), expected)).toBeLessThan(1e-9)
    }
  })

  test('members who buy very often', () => {
    // the figure for 2,000 purchases was integrated to nine digits
    for (const { x, t_x, T, palive, ...parameters } of golden!['edge.pareto_high_frequency']!.value) {
      const alive = paretoNbd.alive(parameters, { frequency: x, recency: t_x, age: T })
      expect(relative(alive, palive)).toBeLessThan(2e-9)
    }
  })

  test('a textbook’s waiting times', () => {
    const { time, event, t, S, se } = golden!['km.freireich_6mp']!.value
    const waits = time.map((at: number, i: number) => ({ time: at, ended: event[i] === 1 }))
    const steps = kaplanMeier(waits)
    expect(steps.map((step) => step.time)).toEqual(t)
    steps.forEach(({ survival, error }, i) => {
      expect(survival).toBeCloseTo(S[i], 12)
      expect(error).toBeCloseTo(se[i], 12)
    })
  })
})
