import { affinity } from './affinity/affinity.ts'
import { cards } from './cards/cards.ts'
import { clv } from './clv/clv.ts'
import { concentration } from './concentration/concentration.ts'
import { discounts } from './discounts/discounts.ts'
import { dormancy } from './dormancy/dormancy.ts'
import { dormancyRules } from './dormancy-rules/dormancy-rules.ts'
import { growth } from './growth/growth.ts'
import { hours } from './hours/hours.ts'
import { ltv } from './ltv/ltv.ts'
import type { Metric } from './metric.ts'
import { overview } from './overview/overview.ts'
import { places } from './places/places.ts'
import { points } from './points/points.ts'
import { products } from './products/products.ts'
import { repurchase } from './repurchase/repurchase.ts'
import { rfm } from './rfm/rfm.ts'
import { rfmPreview } from './rfm-preview/rfm-preview.ts'
import { rfmMigration } from './rfm-migration/rfm-migration.ts'
import { retention } from './retention/retention.ts'
import { season } from './season/season.ts'
import { specialDays } from './special-days/special-days.ts'

/** Every metric there is, by name. */
export const catalogue: readonly Metric[] = [
  overview,
  growth,
  retention,
  repurchase,
  ltv,
  clv,
  rfm,
  rfmMigration,
  rfmPreview,
  concentration,
  places,
  cards,
  points,
  dormancy,
  dormancyRules,
  products,
  affinity,
  season,
  hours,
  specialDays,
  discounts,
]

export const metricNamed = (name: string): Metric | undefined =>
  catalogue.find((metric) => metric.name === name)
