import { fields, plainHeader } from './fields.ts'
import { allKinds } from '../kinds/catalogue.ts'
import { aliasesOf, fieldsOf } from '../kinds/kind.ts'
import { memberFields } from '../members/fields.ts'
import { refundFields } from '../refunds/fields.ts'

const knownHeaders = new Set<string>(
  [...Object.values(fields), ...Object.values(memberFields), ...Object.values(refundFields)]
    .flatMap(({ aliases }): readonly string[] => aliases)
    .concat(allKinds.flatMap((kind) => fieldsOf(kind).flatMap(([field, one]) => aliasesOf(field, one)))),
)

/** Whether a column of that name is known, of any kind of file. */
export const isKnownHeader = (header: string): boolean => knownHeaders.has(plainHeader(header))
