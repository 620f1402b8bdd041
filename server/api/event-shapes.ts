import { z } from 'zod'
import { sentAs, type SentEvent } from '../import/kinds/batch.ts'
import { allKinds, type KindName } from '../import/kinds/catalogue.ts'
import { type Kind, type KindField, namedFieldsOf, tellsPeople } from '../import/kinds/kind.ts'
import { Days, itemByItem, leftOut, Moment, Money, Text } from './shapes.ts'

const mostEvents = 10_000

function valueOf({ type, separated }: KindField): z.ZodType {
  switch (type) {
    case 'id':
      return Text.max(200)
    case 'text':
      return separated ? z.union([z.array(Text).max(100), Text]) : Text
    case 'date':
      return z.union([Moment, Days])
    case 'day':
      return Days
    case 'number':
      return z.int().min(-1_000_000_000_000).max(1_000_000_000_000)
    case 'decimal':
      return z.number().min(-1_000_000_000).max(1_000_000_000)
    case 'amount':
      return Money
    case 'rest':
      return z.never() // has no name of its own and is left out below
  }
}

/** One row of a kind, as it is sent. */
const eventOf = (kind: Kind) =>
  z.object(
    Object.fromEntries(
      namedFieldsOf(kind).map(([name, field]) => {
        const value =
          field.needed && !(field.member && tellsPeople(kind)) ? valueOf(field) : leftOut(valueOf(field))
        return [sentAs(name, field), value.meta({ description: field.meaning.en })]
      }),
    ),
  )
const shapes = new Map(allKinds.map((kind) => [kind.name, eventOf(kind)]))

/** What an event of a kind is read by. */
export const eventShape = (kind: KindName): z.ZodType<SentEvent> =>
  shapes.get(kind)! as unknown as z.ZodType<SentEvent>

const bodyOf = (kind: Kind<KindName>) =>
  z
    .object({
      kind: z.literal(kind.name),
      events: z.array(shapes.get(kind.name)!).min(1).max(mostEvents),
    })
    .meta({ id: `Events_${kind.name}`, title: kind.title.en, description: kind.about.en })

const [first, ...others] = allKinds.map(bodyOf)

/** Rows of one of the declared kinds of files. */
export const EventsBody = z
  .discriminatedUnion('kind', [first!, ...others])
  .meta({ id: 'EventsRequest', description: itemByItem })

/** What of a batch of events has to be right for any of them to be read. */
export const EventsFrame = z.object({
  kind: z.enum(allKinds.map(({ name }) => name)),
  events: z.array(z.unknown()).min(1).max(mostEvents),
})
