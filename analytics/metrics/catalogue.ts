import type { Metric } from './metric.ts'
import { retention } from './retention/retention.ts'

/** Every metric there is, by name. */
export const catalogue: readonly Metric[] = [retention]

export const metricNamed = (name: string): Metric | undefined =>
  catalogue.find((metric) => metric.name === name)
