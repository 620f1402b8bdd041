/**
 * For a `TagsInput` of names as the shop writes them: a comma is part of a name, capitals tell two apart, and only
 * lines that are pasted are several.
 */
export const wholeNames = {
  splitChars: ['\n', '\t'],
  isDuplicate: (name: string, present: readonly string[]) => present.includes(name),
}
