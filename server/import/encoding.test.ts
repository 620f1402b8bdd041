import { isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { encoded } from './encoded.fixture.ts'
import { encodingOf } from './encoding.ts'
import { inspect } from './inspect.ts'
import { openTestShop, receiptOf } from './test-shop.ts'

/** Files as shops write them: with headers in their language, with names alone, with goods. */
const files = {
  gb18030: [
    '订单号,会员号,下单时间,实付金额\nA1,张三,2026-01-02,10\n',
    'order_id,customer,date,amount\n1,王伟,2026-01-02,3\n',
    'id,name,amount\n1,哈哈,2\n2,丁丁,3\n',
    'id,name,amount\n1,龘靐,3\n2,犇骉,3\n',
    'id,姓名,amount\n1,欧阳娜娜,3\n2,喆堃,3\n3,邓小燕,4\n4,㐂㝹,5\n',
    // All of them in the rows that Korean has its syllables in.
    '单号,客户,金额\n1,高桂芳,5\n2,葛红,6\n3,陈刚,4\n4,方冰,5\n5,何建国,4\n',
    'id,name,amount\n1,高桂芳,5\n2,葛宏,6\n3,陈刚,4\n4,方冰,5\n',
    '订单号,商品名称\n1,ポッキー巧克力\n2,资生堂の美白\n',
    '單號,會員,金額\n1,劉德華,3\n2,張學友,4\n',
    '门店,金额\n北京店,3\n广场店,4\n',
  ],
  big5: [
    '訂單編號,會員編號,下單時間,實付金額\nA1,張三,2026-01-02,10\n',
    'id,name,amount\n1,林志玲,3\n2,陳建州,4\n3,黃雅婷,5\n4,蔡淑芬,6\n',
    '商品名稱,數量,金額,門市\n有機綠茶,1,30,台北門市\n牛肉麵,2,50,高雄門市\n',
  ],
  'euc-jp': [
    '注文番号,会員番号,注文日,金額\nA1,山田太郎,2026-01-02,10\n',
    '商品名,数量,金額,店舗\nりんごジュース,1,30,東京店\nおにぎり,2,50,大阪店\n',
    'id,name,amount\n1,佐藤花子,3\n2,鈴木一郎,4\n',
  ],
  'euc-kr': [
    '주문번호,회원번호,주문일,금액\nA1,홍길동,2026-01-02,10\n',
    '상품명,수량,금액,매장\n사과주스,1,30,서울점\n김밥,2,50,부산점\n',
    'id,name,amount\n1,김민수,3\n2,이영희,4\n',
  ],
  shift_jis: [
    '注文番号,会員番号,注文日,金額\nA1,山田太郎,2026-01-02,10\n',
    '氏名,フリガナ,金額\n佐藤花子,ｻﾄｳ ﾊﾅｺ,3\n',
    '商品名,数量,金額,店舗\nりんごジュース,1,30,東京店\nおにぎり,2,50,大阪店\n',
  ],
} as const

test.each(Object.entries(files).flatMap(([encoding, texts]) => texts.map((text) => [encoding, text])))(
  '%s is told: %j',
  (encoding, text) => {
    const raw = Buffer.from(encoded(encoding as keyof typeof files, text!))
    expect(encodingOf(raw, true)).toBe(encoding)
    // The beginning of a longer file may end inside a character, and a few bytes may be none.
    const long = Buffer.concat(Array.from({ length: 50 }, () => raw))
    expect(
      encodingOf(
        Buffer.concat([
          long,
          raw.subarray(
            0,
            raw.findLastIndex((byte) => byte > 0x7f),
          ),
        ]),
        false,
      ),
    ).toBe(encoding)
    expect([encoding, null]).toContain(encodingOf(Buffer.concat([long, Buffer.from([0xff, 0x0a])]), true))
  },
)

test.each(['id,name,amount\n1,Müller,3\n2,Café,4\n', 'id,Größe,Preis\n1,groß,3\n2,Äpfel Öl,4\n'])(
  'accents are Windows-1252: %j',
  (text) => {
    expect(encodingOf(Buffer.from(text, 'latin1'), true)).toBe('windows-1252')
  },
)

/** What one byte a letter makes of a text: those from `first` on stand from `byte` on, in the alphabet's order. */
const inOneByte = (text: string, first: string, byte: number): Buffer =>
  Buffer.from(
    [...text].map((one) =>
      one < '\x80' ? one.charCodeAt(0) : one.charCodeAt(0) - first.charCodeAt(0) + byte,
    ),
  )

test.each([
  // Windows-1251, Windows-1253 without accents, TIS-620, ISO 8859-6, as their standards lay them out
  ['Cyrillic', 'А', 0xc0, 'Москва Казань Заказ Сумма Магазин Иванова Мария Дата'],
  ['Greek', 'Α', 0xc1, 'Αθηνα Πατρα Πελατης Παραγγελια Κηφισια Βολος'],
  ['Thai', 'ก', 0xa1, 'กรุงเทพ เชียงใหม่ ลูกค้า วันที่ คำสั่งซื้อ ร้านค้า'],
  ['Arabic', 'ء', 0xc1, 'القاهرة دبي الطلب التاريخ العميل متجر'],
])('%s is refused, not read as Chinese', (_, first, byte, text) => {
  const words = text.split(' ')
  const rows = words.map((word, i) => `${i},m${i},2026-01-02,1,${word}\n`).join('')
  const raw = inOneByte(`order_id,member_id,date,amount,store\n${rows}`, first, byte)
  expect(encodingOf(raw, true)).toBeNull()
})

test('text in ISO-2022-JP is not taken for ASCII, nor Größe for Chinese', () => {
  expect(encodingOf(Buffer.from('id,store\n1,\x1b$BEl5~\x1b(B\n'), true)).toBeNull()
  expect(encodingOf(Buffer.from('id,Größe\n1,3\n', 'latin1'), true)).not.toBe('gb18030')
})

test('a list of Chinese names is never taken for another language, however few and rare they are', () => {
  const decoder = new TextDecoder('gb18030')
  // The older set: 3,755 characters in use, then 3,008 rare ones; and the rarest in two bytes.
  const among = (low: number, high: number, second: number) =>
    fc
      .tuple(fc.integer({ min: low, max: high }), fc.integer({ min: second, max: 0xfe }))
      .map((bytes) => (bytes[1] === 0x7f ? [bytes[0], 0x80] : bytes))
      .filter((bytes) => /^\p{Script=Han}$/u.test(decoder.decode(Uint8Array.from(bytes))))
  const character = fc.oneof(
    { weight: 6, arbitrary: among(0xb0, 0xd7, 0xa1) },
    { weight: 3, arbitrary: among(0xb0, 0xc8, 0xa1) },
    { weight: 2, arbitrary: among(0xd8, 0xf7, 0xa1) },
    { weight: 1, arbitrary: among(0x81, 0xa0, 0x40) },
  )
  const names = fc.array(fc.array(character, { minLength: 2, maxLength: 3 }), { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(names, (list) => {
      const rows = list.map((name, i) => [...Buffer.from(`${i},`), ...name.flat(), ...Buffer.from(',3\n')])
      const raw = Buffer.from([...Buffer.from('id,name,amount\n'), ...rows.flat()])
      fc.pre(!isUtf8(raw)) // a few such names are UTF-8 as well, and nothing tells which
      // Not told at all is asked for as UTF-8, and is no mistake.
      expect(['gb18030', null]).toContain(encodingOf(raw, true))
    }),
    { numRuns: 2000, seed: 41 },
  )
})

test.each([
  ['big5', '訂單編號,會員編號,下單時間,實付金額,門市\nA1,m1,2026-01-02,10,台北門市\n', '台北門市'],
  ['euc-jp', '注文番号,会員番号,注文日,金額,店舗\nA1,m1,2026-01-02,10,渋谷店\n', '渋谷店'],
  ['euc-kr', '주문번호,회원번호,주문일,금액,매장\nA1,m1,2026-01-02,10,서울강남점\n', '서울강남점'],
  ['shift_jis', '注文番号,会員番号,注文日,金額,店舗\nA1,m1,2026-01-02,10,渋谷店\n', '渋谷店'],
] as const)(
  'a file in %s is imported as it reads, and the encoding is shown',
  async (encoding, text, store) => {
    await using shop = await openTestShop('CNY', 'UTC')
    const path = shop.file('orders.csv', encoded(encoding, text))
    const headers = text.split('\n')[0]!.split(',')
    const columns = { orderId: 1, memberId: 2, orderedAt: 3, amount: 4, store: 5 }
    const seen = await inspect(path, 'orders.csv', { columns }, 'UTC')
    if ('id' in seen) throw new Error(seen.id)
    expect(seen.inspection).toMatchObject({ encoding, headers })
    expect(receiptOf(await shop.import(path, { map: { columns } }))).toMatchObject({
      imported: 1,
      refused: 0,
    })
    const [row] = await shop.workspace.engine.rows(sql`select store from orders`)
    expect(row).toEqual({ store })
  },
)
