/** What the rows of an answer are written as. */
export const answerFormats = ['csv', 'jsonl', 'parquet'] as const
export type AnswerFormat = (typeof answerFormats)[number]

export const answerMediaTypes: Readonly<Record<AnswerFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  jsonl: 'application/jsonl; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
}
