import { z } from 'zod'
import { sentAs } from '../import/kinds/batch.ts'
import { allKinds } from '../import/kinds/catalogue.ts'
import { type Kind, type KindField, namedFieldsOf, tellsPeople } from '../import/kinds/kind.ts'
import { Days, Moment, Money, Text } from './shapes.ts'

const mostEvents = 10_000

function valueOf({ type, separated }: KindField): z.ZodType {
  switch (type) {
    case 'id':
      return z.string().trim().max(200)
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

const bodyOf = (kind: Kind) =>
  z
    .object({
      kind: z.literal(kind.name),
      events: z
        .array(
          z.object(
            Object.fromEntries(
              namedFieldsOf(kind).map(([name, field]) => {
                const value =
                  field.needed && !(field.member && tellsPeople(kind))
                    ? valueOf(field)
                    : valueOf(field).optional()
                return [sentAs(name, field), value.meta({ description: field.meaning.en })]
              }),
            ),
          ),
        )
        .min(1)
        .max(mostEvents),
    })
    .meta({ id: `Events_${kind.name}`, title: kind.title.en, description: kind.about.en })

const [first, ...others] = allKinds.map(bodyOf)

/** Rows of one of the declared kinds of files. */
export const EventsBody = z
  .discriminatedUnion('kind', [first!, ...others])
  .meta({ id: 'EventsRequest', description: 'Fields that are not named here are ignored.' })
