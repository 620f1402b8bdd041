import { z } from 'zod'
import { catalogue } from '../../analytics/metrics/catalogue.ts'

/** What can be asked: names, words in both languages, JSON Schema of settings (none is required) and rows. */
export const describedMetrics = () =>
  catalogue.map(({ name, version, title, description, settings, row, knownOnlyNow }) => ({
    name,
    version,
    title,
    description,
    /** "none": by its own settings it rests on values that are kept as they are now, and days before the newest are refused. */
    history: knownOnlyNow?.(settings.parse({})) ? ('none' as const) : ('full' as const),
    settings: z.toJSONSchema(settings, { io: 'input' }) as Record<string, unknown>,
    row: z.toJSONSchema(row) as Record<string, unknown>,
  }))
