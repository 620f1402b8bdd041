import { z } from 'zod'
import { addDays } from '../../analytics/calendar/calendar.ts'
import { refused } from '../messages/refused.ts'
import { catalogue, metricNamed } from '../../analytics/metrics/catalogue.ts'
import { clv, clvFindings } from '../../analytics/metrics/clv/clv.ts'
import { cards, cardsFindings } from '../../analytics/metrics/cards/cards.ts'
import { places, placesFindings, placesWindow } from '../../analytics/metrics/places/places.ts'
import { points, pointsFindings } from '../../analytics/metrics/points/points.ts'
import { affinity, affinityFindings } from '../../analytics/metrics/affinity/affinity.ts'
import { products, productsFindings } from '../../analytics/metrics/products/products.ts'
import { season, seasonFindings } from '../../analytics/metrics/season/season.ts'
import { concentration, concentrationFindings } from '../../analytics/metrics/concentration/concentration.ts'
import { rfm, rfmFindings } from '../../analytics/metrics/rfm/rfm.ts'
import { rfmMigration, rfmMigrationFindings } from '../../analytics/metrics/rfm-migration/rfm-migration.ts'
import { discounts, discountsFindings } from '../../analytics/metrics/discounts/discounts.ts'
import { dormancy, dormancyFindings } from '../../analytics/metrics/dormancy/dormancy.ts'
import {
  dormancyRules,
  dormancyRulesFindings,
} from '../../analytics/metrics/dormancy-rules/dormancy-rules.ts'
import { growth, growthFindings } from '../../analytics/metrics/growth/growth.ts'
import { hours, hoursFindings } from '../../analytics/metrics/hours/hours.ts'
import { specialDays, specialDaysFindings } from '../../analytics/metrics/special-days/special-days.ts'
import { blendedValue, ltv, ltvFindings } from '../../analytics/metrics/ltv/ltv.ts'
import { overview, overviewFindings } from '../../analytics/metrics/overview/overview.ts'
import { repurchase, repurchaseFindings } from '../../analytics/metrics/repurchase/repurchase.ts'
import {
  retention,
  retentionAverages,
  retentionFindings,
} from '../../analytics/metrics/retention/retention.ts'
import { readerProcedure, router, signedInProcedure } from '../trpc.ts'
import { ask } from './ask.ts'
import { describedMetrics } from './described.ts'
import { QuestionFilters } from './filters.ts'
import { foretelling } from './foretold.ts'

/** A metric's own settings beside the filters; none of them required. */
const questionOf = <Settings extends z.ZodRawShape>(settings: z.ZodObject<Settings>) =>
  z.strictObject({
    filters: QuestionFilters.default({}),
    settings: settings
      .partial()
      .strict()
      .default({} as never),
  })

export const analyticsRouter = router({
  /** What can be asked: names, descriptions, JSON Schema of settings and rows. */
  metrics: signedInProcedure.query(describedMetrics),

  /** Any metric by name, as the command line asks. */
  metric: readerProcedure
    .input(
      z.strictObject({
        name: z.string().max(100),
        filters: QuestionFilters.default({}),
        settings: z.record(z.string(), z.unknown()).default({}),
      }),
    )
    .query(async ({ ctx, input, signal }) => {
      const metric = metricNamed(input.name)
      if (!metric)
        throw refused('NOT_FOUND', 'no-such-metric', {
          name: input.name,
          known: { listed: catalogue.map(({ name }) => name) },
        })
      return (await ask(ctx, metric, input, signal)).answer
    }),

  /** A window beside the one before it, and the chart's steps. */
  overview: readerProcedure.input(questionOf(overview.settings)).query(async ({ ctx, input, signal }) => {
    const { answer, scope } = await ask(ctx, overview, input, signal)
    return { ...answer, findings: overviewFindings(answer.rows, scope.dataStart) }
  }),

  growth: readerProcedure.input(questionOf(growth.settings)).query(async ({ ctx, input, signal }) => {
    const { answer, settings } = await ask(ctx, growth, input, signal)
    return {
      ...answer,
      step: settings.step,
      active: ctx.workspace.dormancy.active,
      findings: growthFindings(answer.rows, settings.step),
    }
  }),

  retention: readerProcedure.input(questionOf(retention.settings)).query(async ({ ctx, input, signal }) => {
    const { answer } = await ask(ctx, retention, input, signal)
    return { ...answer, averages: retentionAverages(answer.rows), findings: retentionFindings(answer.rows) }
  }),

  repurchase: readerProcedure.input(questionOf(repurchase.settings)).query(async ({ ctx, input, signal }) => {
    const { answer, settings } = await ask(ctx, repurchase, input, signal)
    return { ...answer, withinDays: settings.withinDays, findings: repurchaseFindings(answer.rows) }
  }),

  ltv: readerProcedure.input(questionOf(ltv.settings)).query(async ({ ctx, input, signal }) => {
    const { answer } = await ask(ctx, ltv, input, signal)
    return { ...answer, blended: blendedValue(answer.rows), findings: ltvFindings(answer.rows) }
  }),

  /** What the models foretell. The fit is made when somebody asks first, once for each state of the data. */
  clv: readerProcedure.input(questionOf(clv.settings)).query(async ({ ctx, input, signal }) => {
    const { answer } = await ask(ctx, clv, input, signal)
    return { ...answer, findings: clvFindings(answer.rows, answer.models) }
  }),

  /** Needs the fit too. */
  dormancyRules: readerProcedure
    .input(questionOf(dormancyRules.settings))
    .query(async ({ ctx, input, signal }) => {
      const { answer } = await ask(ctx, dormancyRules, input, signal)
      return { ...answer, thresholds: ctx.workspace.dormancy, findings: dormancyRulesFindings(answer.rows) }
    }),

  /** Which share of a fit of the models is done that somebody waits for; null: none is under way. */
  foretelling: readerProcedure.query(({ ctx }) => foretelling(ctx.workspace)),

  rfm: readerProcedure.input(questionOf(rfm.settings)).query(async ({ ctx, input, signal }) => {
    const { answer } = await ask(ctx, rfm, input, signal)
    return { ...answer, findings: rfmFindings(answer.rows) }
  }),

  rfmMigration: readerProcedure
    .input(questionOf(rfmMigration.settings))
    .query(async ({ ctx, input, signal }) => {
      const { answer, settings } = await ask(ctx, rfmMigration, input, signal)
      return {
        ...answer,
        since: addDays(answer.asOf, -settings.days),
        findings: rfmMigrationFindings(answer.rows),
      }
    }),

  concentration: readerProcedure
    .input(questionOf(concentration.settings))
    .query(async ({ ctx, input, signal }) => {
      const { answer } = await ask(ctx, concentration, input, signal)
      return { ...answer, findings: concentrationFindings(answer.rows) }
    }),

  cards: readerProcedure.input(questionOf(cards.settings)).query(async ({ ctx, input, signal }) => {
    const { answer, settings } = await ask(ctx, cards, input, signal)
    return { ...answer, quietDays: settings.quietDays, findings: cardsFindings(answer.rows) }
  }),

  points: readerProcedure.input(questionOf(points.settings)).query(async ({ ctx, input, signal }) => {
    const { answer, settings } = await ask(ctx, points, input, signal)
    return { ...answer, ...settings, findings: pointsFindings(answer.rows) }
  }),

  dormancy: readerProcedure.input(questionOf(dormancy.settings)).query(async ({ ctx, input, signal }) => {
    const { answer } = await ask(ctx, dormancy, input, signal)
    return { ...answer, thresholds: ctx.workspace.dormancy, findings: dormancyFindings(answer.rows) }
  }),

  places: readerProcedure.input(questionOf(places.settings)).query(async ({ ctx, input, signal }) => {
    const { answer, settings, scope } = await ask(ctx, places, input, signal)
    const { from, to } = placesWindow(settings, scope)
    return { ...answer, by: settings.by, from, to, findings: placesFindings(answer.rows) }
  }),

  products: readerProcedure.input(questionOf(products.settings)).query(async ({ ctx, input, signal }) => {
    const { answer, settings } = await ask(ctx, products, input, signal)
    return { ...answer, ...settings, findings: productsFindings(answer.rows) }
  }),

  affinity: readerProcedure.input(questionOf(affinity.settings)).query(async ({ ctx, input, signal }) => {
    const { answer } = await ask(ctx, affinity, input, signal)
    return { ...answer, findings: affinityFindings(answer.rows) }
  }),

  season: readerProcedure.input(questionOf(season.settings)).query(async ({ ctx, input, signal }) => {
    const { answer } = await ask(ctx, season, input, signal)
    return { ...answer, findings: seasonFindings(answer.rows) }
  }),

  hours: readerProcedure.input(questionOf(hours.settings)).query(async ({ ctx, input, signal }) => {
    const { answer } = await ask(ctx, hours, input, signal)
    return { ...answer, findings: hoursFindings(answer.rows) }
  }),

  specialDays: readerProcedure
    .input(questionOf(specialDays.settings))
    .query(async ({ ctx, input, signal }) => {
      const { answer } = await ask(ctx, specialDays, input, signal)
      return { ...answer, findings: specialDaysFindings(answer.rows) }
    }),

  discounts: readerProcedure.input(questionOf(discounts.settings)).query(async ({ ctx, input, signal }) => {
    const { answer, settings } = await ask(ctx, discounts, input, signal)
    return { ...answer, ...settings, findings: discountsFindings(answer.rows) }
  }),
})
