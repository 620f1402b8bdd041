import { expect, test } from 'vitest'
import { idsInText } from './ids-in-text.ts'

test.each([
  ['M1\nM2\r\nM1\n\n M3 ,Lee\n', ['M1', 'M2', 'M3']],
  ['\uFEFF"M1","Lee, Ann"\r\n"A,7","x"\r\n"say ""hi""",2\n', ['M1', 'A,7', 'say "hi"']],
  ['Member_ID,name\n"M1",a\n', ['M1']],
  ['会员编号\n会员甲；备注\n', ['会员甲']],
  // of a quote that never ends the line stands as it is
  ['"M1\nM2', ['"M1', 'M2']],
  ['member_id', []],
])('the ids in %j', (text, ids) => {
  expect(idsInText(text)).toEqual(ids)
})
