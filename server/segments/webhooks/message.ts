import { z } from 'zod'

/** A message tells so many entries and exits at most. */
export const mostInMessage = 1_000

/** What the receiver of a segment's webhook is sent, the same in every attempt. */
export const SegmentMessage = z.object({
  type: z.literal('segment.members_changed'),
  timestamp: z.iso.datetime().meta({ description: 'When the change was found.' }),
  data: z.object({
    webhookId: z.uuid(),
    segmentId: z.uuid(),
    segment: z.string().meta({ description: 'Its name when the change was found.' }),
    version: z.int().meta({ description: 'Of the rule.' }),
    asOf: z.iso.date().meta({ description: 'The newest day of the data.' }),
    dataVersion: z.int(),
    cause: z.enum(['data', 'rule']).meta({
      description:
        '`rule`: the rule was edited, or that of a segment that it names; `data`: everything else (orders, days, tags, merges).',
    }),
    sequence: z.int().meta({
      description:
        'Rises by message of this webhook. Of two messages about a member the higher is the newer.',
    }),
    entered: z.array(z.string()).meta({ description: 'Ids of members who are in now and were not.' }),
    left: z.array(z.string()).meta({ description: 'Ids of members who were in and are no more.' }),
  }),
})
export type SegmentMessage = z.output<typeof SegmentMessage>
