import { z } from 'zod'
import { fieldNames, fields } from '../import/columns/fields.ts'
import { allKinds } from '../import/kinds/catalogue.ts'
import { fieldsOf, plainType } from '../import/kinds/kind.ts'
import { memberFieldNames, memberFields } from '../import/members/fields.ts'
import { refundFieldNames, refundFields } from '../import/refunds/fields.ts'
import { type MessageKey, sentence } from '../messages/messages.ts'
import { readerProcedure, router } from '../trpc.ts'
import { dictionaryTables } from './dictionary.ts'

export const dictionaryRouter = router({
  /** Every table and column of an export, and every field of a file of any kind, in the reader's language. */
  read: readerProcedure
    .input(z.object({ language: z.enum(['en', 'zh-CN']).optional() }).default({}))
    .query(({ ctx, input }) => {
      const language = input.language ?? ctx.language
      return {
        currency: ctx.workspace.currency,
        timeZone: ctx.workspace.calendar.timeZone,
        tables: dictionaryTables.map(({ name, title, meaning, columns }) => ({
          name,
          title: title[language],
          meaning: meaning[language],
          columns: columns.map((column) => ({
            name: column.name,
            type: column.type,
            unit: column.unit ?? null,
            origin: column.origin,
            past: column.past,
            meaning: column.meaning[language],
          })),
        })),
        fields: fieldNames.map((name) => ({
          name,
          type: fields[name].type,
          meaning: sentence(language, `import-field.${name}` satisfies MessageKey),
        })),
        refundFields: refundFieldNames.map((name) => ({
          name,
          type: refundFields[name].type,
          meaning: sentence(language, `import-refund-field.${name}` satisfies MessageKey),
        })),
        kinds: allKinds.map((kind) => ({
          name: kind.name,
          title: kind.title[language],
          about: kind.about[language],
          fields: fieldsOf(kind).map(([name, { type, meaning, needed }]) => ({
            name,
            type: plainType(type),
            meaning: meaning[language],
            needed: needed !== undefined,
          })),
        })),
        memberFields: memberFieldNames.map((name) => ({
          name,
          type: memberFields[name].type,
          meaning: sentence(language, `import-member-field.${name}` satisfies MessageKey),
        })),
      }
    }),
})
