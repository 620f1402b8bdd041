import { z } from 'zod'
import { MemberDays } from '../campaigns/standing/member-days.ts'

const Day = z.iso.date()
const Share = z.object({
  numerator: z.number(),
  denominator: z.int(),
  value: z.number().nullable().meta({ description: 'Null where the denominator is 0.' }),
})
const Interval = { low: z.number().nullable(), high: z.number().nullable() }
const Ranged = z.object({ value: z.number(), ...Interval })
const Verdict = z.enum(['works', 'hurts', 'not-proven-yet', 'withheld'])

const Outcome = z
  .object({
    outcome: z.enum(['buyers', 'orders', 'net', 'margin']),
    treated: Share,
    heldOut: Share,
    difference: z.number().nullable().meta({
      description:
        'Treated minus held out: a difference of shares, orders a member, minor units a member; null where nobody was held out.',
    }),
    ...Interval,
    verdict: Verdict.nullable(),
    narrowed: z.number().nullable().meta({
      description:
        'By which share the interval is narrower through what members bought before; null: not used.',
    }),
  })
  .meta({ id: 'Outcome' })

const Afterwards = z.object({
  firstDay: Day,
  lastDay: Day,
  state: z.enum(['not-begun', 'in-progress', 'pulled-forward', 'no-less-shown', 'more', 'withheld']),
  outcomes: z.array(Outcome),
  pulledForward: Ranged.nullable(),
})

const Economics = z.object({
  couponCostMinor: z.int(),
  besideMinor: z.int(),
  messages: z.int(),
  messageCostMinor: z.int(),
  orders: Ranged,
  netMinor: Ranged,
  marginMinor: Ranged.nullable(),
  costPerOrderMinor: Ranged.nullable(),
})

const CampaignVerdict = z.enum([...Verdict.options, 'unknown', 'no-data-yet']).meta({
  description:
    '`unknown`: nobody was held out; `withheld`: the arms are not as they were drawn; `no-data-yet`: no imported order is later than the launch, or nobody’s days are over.',
})
const Status = z.enum(['draft', 'running', 'paused', 'cancelled', 'finished'])

/** A campaign in the list of a workspace. */
export const CampaignListed = z
  .object({
    campaignId: z.string(),
    name: z.string(),
    status: Status,
    launchedDay: Day.nullable(),
    issued: z.int().meta({ description: 'Uses of its coupons.' }),
    redeemed: z.int(),
    redeemers: z.int(),
    verdict: CampaignVerdict.nullable().meta({ description: 'Null of a draft.' }),
    windowEnded: z.boolean(),
  })
  .meta({ id: 'Campaign' })

/** What a campaign brought. */
export const CampaignEffect = z
  .object({
    campaignId: z.string(),
    name: z.string(),
    status: Status,
    stands: z.boolean().meta({ description: 'It goes on by itself; else it was launched once.' }),
    currency: z.string(),
    verdict: CampaignVerdict,
    verdictText: z.string().meta({ description: 'The same in words, in the language of Accept-Language.' }),
    asOf: Day.meta({ description: 'Through which local day outcomes count.' }),
    windowLastDay: Day.nullable(),
    windowEnded: z.boolean(),
    method: z.string().nullable(),
    alpha: z.number().nullable(),
    sampleRatioP: z.number().nullable(),
    entries: z
      .object({ ownDays: z.int(), counted: z.int(), lastEntry: Day, detectable: z.number().nullable() })
      .nullable()
      .meta({ description: 'Who counts of those who came in one by one; null where it was launched once.' }),
    treated: z.int(),
    heldOut: z.int(),
    issued: z.int(),
    redeemed: z.int(),
    redeemers: z.int(),
    outcomes: z.array(Outcome),
    economics: Economics.nullable(),
    timeline: z
      .array(
        z.object({
          day: Day,
          treated: z.int(),
          ofTreated: z.int(),
          heldOut: z.int(),
          ofHeldOut: z.int(),
          difference: z.number(),
          low: z.number(),
          high: z.number(),
        }),
      )
      .nullable(),
    afterwards: Afterwards.nullable(),
    refusals: z.array(z.object({ reason: z.string(), refused: z.int() })),
  })
  .meta({ id: 'CampaignEffect' })

const DayFigures = { netMinor: z.int(), orders: z.int(), buyers: z.int() }
const Figures = z.object(DayFigures)

/** Member days beside days like them. */
export const MemberDayFigures = z
  .object({
    currency: z.string(),
    memberDays: MemberDays,
    startedDay: Day,
    asOf: Day,
    days: z.array(
      z.object({
        day: Day,
        ...DayFigures,
        comparedWith: z.array(Day),
        usual: Figures.nullable(),
        usualNetMinor: z.object({ least: z.int(), most: z.int() }).nullable(),
      }),
    ),
    together: z.object({ days: z.int(), on: Figures, usual: Figures }).nullable(),
  })
  .meta({ id: 'MemberDayFigures' })
