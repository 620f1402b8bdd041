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
import { rfmPreview, rfmPreviewFindings } from '../../analytics/metrics/rfm-preview/rfm-preview.ts'
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
import { ask, askTold, questionRefused, withCompared } from './ask.ts'
import { explainMetric } from './run-metric.ts'
import { describedMetrics } from './described.ts'
import { QuestionFilters } from './filters.ts'
import { foretelling } from './foretold.ts'
import { settingsOf } from '../settings/settings.ts'

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
      return withCompared(await ask(ctx, metric, input, signal), input.filters)
    }),

  /** The statement that a question comes to, with its values, not asked; and what the metric is called and means. */
  explain: readerProcedure
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
      const outcome = await explainMetric(ctx.platform.store, ctx.workspace, metric, input, signal)
      if (outcome.kind !== 'explained') throw questionRefused(ctx, metric, outcome)
      const { kind: _, ...explained } = outcome
      return { ...explained, title: metric.title, description: metric.description }
    }),

  /** A window beside the one before it, and the chart's steps. */
  overview: readerProcedure.input(questionOf(overview.settings)).query(({ ctx, input, signal }) =>
    askTold(ctx, overview, input, signal, ({ answer, scope }) => ({
      findings: overviewFindings(answer.rows, scope.dataStart),
    })),
  ),

  growth: readerProcedure.input(questionOf(growth.settings)).query(({ ctx, input, signal }) =>
    askTold(ctx, growth, input, signal, ({ answer, settings }) => ({
      step: settings.step,
      active: ctx.workspace.dormancy.active,
      findings: growthFindings(answer.rows, settings.step),
    })),
  ),

  retention: readerProcedure.input(questionOf(retention.settings)).query(({ ctx, input, signal }) =>
    askTold(ctx, retention, input, signal, ({ answer }) => ({
      averages: retentionAverages(answer.rows),
      findings: retentionFindings(answer.rows),
    })),
  ),

  repurchase: readerProcedure.input(questionOf(repurchase.settings)).query(({ ctx, input, signal }) =>
    askTold(ctx, repurchase, input, signal, ({ answer, settings }) => ({
      withinDays: settings.withinDays,
      findings: repurchaseFindings(answer.rows),
    })),
  ),

  ltv: readerProcedure.input(questionOf(ltv.settings)).query(({ ctx, input, signal }) =>
    askTold(ctx, ltv, input, signal, ({ answer }) => ({
      blended: blendedValue(answer.rows),
      findings: ltvFindings(answer.rows),
    })),
  ),

  /** What the models foretell. The fit is made when somebody asks first, once for each state of the data. */
  clv: readerProcedure.input(questionOf(clv.settings)).query(async ({ ctx, input, signal }) => {
    const { clvDiscountPercent } = await settingsOf(ctx.platform.store, ctx.workspace)
    return askTold(ctx, clv, input, signal, ({ answer }) => ({
      clvDiscountPercent,
      findings: clvFindings(answer.rows, answer.models),
    }))
  }),

  /** Needs the fit too. */
  dormancyRules: readerProcedure.input(questionOf(dormancyRules.settings)).query(({ ctx, input, signal }) =>
    askTold(ctx, dormancyRules, input, signal, ({ answer }) => ({
      thresholds: ctx.workspace.dormancy,
      findings: dormancyRulesFindings(answer.rows),
    })),
  ),

  /** Which share of a fit of the models is done that somebody waits for; null: none is under way. */
  foretelling: readerProcedure.query(({ ctx }) => foretelling(ctx.workspace)),

  rfm: readerProcedure.input(questionOf(rfm.settings)).query(({ ctx, input, signal }) =>
    askTold(ctx, rfm, input, signal, ({ answer }) => ({
      rule: ctx.workspace.rfm,
      findings: rfmFindings(answer.rows),
    })),
  ),

  rfmMigration: readerProcedure.input(questionOf(rfmMigration.settings)).query(({ ctx, input, signal }) =>
    askTold(ctx, rfmMigration, input, signal, ({ answer, settings }) => ({
      since: addDays(answer.asOf, -settings.days),
      findings: rfmMigrationFindings(answer.rows),
    })),
  ),

  /** Who would move with other thresholds. */
  rfmPreview: readerProcedure.input(questionOf(rfmPreview.settings)).query(({ ctx, input, signal }) =>
    askTold(ctx, rfmPreview, input, signal, ({ answer }) => ({
      findings: rfmPreviewFindings(answer.rows),
    })),
  ),

  concentration: readerProcedure.input(questionOf(concentration.settings)).query(({ ctx, input, signal }) =>
    askTold(ctx, concentration, input, signal, ({ answer }) => ({
      findings: concentrationFindings(answer.rows),
    })),
  ),

  cards: readerProcedure.input(questionOf(cards.settings)).query(({ ctx, input, signal }) =>
    askTold(ctx, cards, input, signal, ({ answer, settings }) => ({
      quietDays: settings.quietDays,
      findings: cardsFindings(answer.rows),
    })),
  ),

  points: readerProcedure.input(questionOf(points.settings)).query(({ ctx, input, signal }) =>
    askTold(ctx, points, input, signal, ({ answer, settings }) => ({
      ...settings,
      findings: pointsFindings(answer.rows),
    })),
  ),

  dormancy: readerProcedure.input(questionOf(dormancy.settings)).query(({ ctx, input, signal }) =>
    askTold(ctx, dormancy, input, signal, ({ answer }) => ({
      thresholds: ctx.workspace.dormancy,
      findings: dormancyFindings(answer.rows),
    })),
  ),

  places: readerProcedure.input(questionOf(places.settings)).query(({ ctx, input, signal }) =>
    askTold(ctx, places, input, signal, ({ answer, settings, scope }) => {
      const { from, to } = placesWindow(settings, scope)
      return { by: settings.by, from, to, findings: placesFindings(answer.rows) }
    }),
  ),

  products: readerProcedure.input(questionOf(products.settings)).query(({ ctx, input, signal }) =>
    askTold(ctx, products, input, signal, ({ answer, settings }) => ({
      ...settings,
      findings: productsFindings(answer.rows),
    })),
  ),

  affinity: readerProcedure
    .input(questionOf(affinity.settings))
    .query(({ ctx, input, signal }) =>
      askTold(ctx, affinity, input, signal, ({ answer }) => ({ findings: affinityFindings(answer.rows) })),
    ),

  season: readerProcedure
    .input(questionOf(season.settings))
    .query(({ ctx, input, signal }) =>
      askTold(ctx, season, input, signal, ({ answer }) => ({ findings: seasonFindings(answer.rows) })),
    ),

  hours: readerProcedure
    .input(questionOf(hours.settings))
    .query(({ ctx, input, signal }) =>
      askTold(ctx, hours, input, signal, ({ answer }) => ({ findings: hoursFindings(answer.rows) })),
    ),

  specialDays: readerProcedure.input(questionOf(specialDays.settings)).query(({ ctx, input, signal }) =>
    askTold(ctx, specialDays, input, signal, ({ answer }) => ({
      findings: specialDaysFindings(answer.rows),
    })),
  ),

  discounts: readerProcedure.input(questionOf(discounts.settings)).query(({ ctx, input, signal }) =>
    askTold(ctx, discounts, input, signal, ({ answer, settings }) => ({
      ...settings,
      findings: discountsFindings(answer.rows),
    })),
  ),
})
