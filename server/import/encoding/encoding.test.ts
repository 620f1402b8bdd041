import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { encoded } from './encoded.fixture.ts'
import { type Encoding, evidenceOf } from './encoding.ts'
import { escapedIn } from './escaped-encoding.ts'
import { sentence } from '../../messages/messages.ts'
import type { Refusal } from '../refusal.ts'
import { openTestShop, receiptOf, visible } from '../test-shop.ts'

/** Numbers below `n`, the same at every run. */
function numbers(seed: number): (n: number) => number {
  let state = seed
  return (n) => {
    state = (state * 1103515245 + 12345) % 2147483648
    return Math.floor((state / 2147483648) * n)
  }
}

/** What is told without asking. */
const encodingOf = (raw: Buffer, whole: boolean): Encoding | null => {
  const { readings, sure } = evidenceOf(raw, whole)
  return sure ? readings[0]!.encoding : null
}

/** Files as shops write them: with headers in their language, with names alone, with goods. */
const files = {
  gb18030: [
    '订单号,会员号,下单时间,实付金额\nA1,张三,2026-01-02,10\n',
    'order_id,customer,date,amount\n1,王伟,2026-01-02,3\n',
    'id,name,amount\n1,哈哈,2\n2,丁丁,3\n',
    'id,姓名,amount\n1,欧阳娜娜,3\n2,喆堃,3\n3,邓小燕,4\n4,㐂㝹,5\n',
    // All of them in the rows that Korean has its syllables in.
    '单号,客户,金额\n1,高桂芳,5\n2,葛红,6\n3,陈刚,4\n4,方冰,5\n5,何建国,4\n',
    'id,name,amount\n1,高桂芳,5\n2,葛宏,6\n3,陈刚,4\n4,方冰,5\n',
    '订单号,商品名称\n1,ポッキー巧克力\n2,资生堂の美白\n',
    '單號,會員,金額\n1,劉德華,3\n2,張學友,4\n',
    '门店,金额\n北京店,3\n广场店,4\n',
    // Nicknames of customers: an emoji has four bytes, two of them digits.
    `买家会员名,实付金额\n${Array.from({ length: 40 }, (_, i) => `买家${i}😀,3\n`).join('')}`,
    `买家会员名,实付金额\n${Array.from({ length: 40 }, (_, i) => `C${i}🎂,3\n`).join('')}`,
    '昵称,实付金额\n小鱼儿🐟,3\n❤️婷婷👩‍👧,4\nAnn☕,5\n🇨🇳老王👍🏻,6\n',
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

/** Words as they stand in exports of shops, by what such texts are written in where they are not in Unicode. */
const written = {
  gb18030:
    '张伟 王芳 李娜 欧阳娜娜 北京朝阳店 上海 广州天河 成都 绿茶 拿铁咖啡 牛肉面 羽绒服 已付款 交易成功 退款中 微信支付 金卡会员 南京东路 赵敏 孙悦 诸葛亮 草莓蛋糕 运动鞋 洗发水',
  big5: '陳怡君 林志明 黃雅婷 張家豪 台北門市 高雄左營 新竹 珍珠奶茶 牛肉麵 洗髮精 羽絨外套 已付款 已取消 信用卡 貨到付款 板橋 綠茶 會員卡 鳳梨酥 運動鞋',
  'euc-jp':
    '佐藤花子 鈴木一郎 東京 渋谷店 大阪 りんごジュース おにぎり 抹茶ラテ 支払済 発送待ち 会員 名古屋駅前 コーヒー 運動靴 現金 高橋 京都 札幌 すし 洗剤',
  shift_jis:
    '佐藤花子 鈴木一郎 東京 渋谷店 大阪 りんごジュース おにぎり 抹茶ラテ 支払済 発送待ち 会員 名古屋駅前 コーヒー 運動靴 現金 高橋 京都 札幌 すし ﾃﾞﾝｷ',
  'euc-kr':
    '김민수 이영희 박지성 최수진 서울강남점 부산 대구 사과주스 김밥 아메리카노 카페라떼 결제완료 취소 환불 운동화 회원 신용카드 현금 인천 제주 감귤 세탁세제',
  'windows-1252':
    'Müller Größe Köln Straße Äpfel Café Crème brûlée Français Garçon Señor España Peña Niño São João Coração Malmö Ålborg København Zoë Wendy’s O’Brien €12 £3 naïve Søren José María Jürgen',
  'windows-1254':
    'Yılmaz Şahin Doğan Çelik Öztürk Kılıç İstanbul Beşiktaş Kadıköy Muğla Eskişehir Ağrı Işık Güneş Çığ Balıkesir Şişli Erdoğan Aydın Yağmur',
  'windows-1250':
    'Dvořák Jiří Černý Němec Plzeň Růžena Kraków Łódź Paweł Wiśniewski Gdańsk Częstochowa Győr Debrecenből Kovačić Želimir Ďurica Poznań Jabłoński Sýkora',
  'windows-1251':
    'Москва Казань Иванова Мария Сергей Заказ Сумма Магазин Оплачен Екатеринбург Наталья Чай Кофе Отменён Скидка Возврат Київ Харків Петров Юлия',
  'windows-1253':
    'Αθήνα Πάτρα Πελάτης Παραγγελία Κηφισιά Βόλος Γιώργος Μαρία Κατάστημα Ημερομηνία Ποσό Θεσσαλονίκη Ελένη Καφές Τσάι',
  'windows-874':
    'กรุงเทพ เชียงใหม่ ลูกค้า วันที่ คำสั่งซื้อ ร้านค้า สมชาย ภูเก็ต กาแฟ ชาเขียว ยกเลิก ชำระแล้ว ขอนแก่น สาขา สมาชิก',
  'windows-1256': 'القاهرة دبي الطلب التاريخ العميل متجر محمد فاطمة القهوة الشاي مدفوع ملغى الرياض جدة',
  'windows-1255': 'תל אביב ירושלים חיפה הזמנה לקוח תאריך סכום חנות שולם בוטל קפה משה שרה',
  macintosh:
    'Müller Größe Köln Straße Äpfel Café Crème brûlée Français Garçon Señor España Peña Niño São João Coração Malmö Ålborg København Zoë José María Jürgen',
} as const satisfies Partial<Record<Encoding, string>>
/** Of these nothing is known here. */
const unknown = {
  'koi8-r': written['windows-1251'].replace(/\S*[іїІ]\S*/g, ''),
  ibm866: written['windows-1251'].replace(/\S*[іїІ]\S*/g, ''),
} as const

/** Their alphabets stand in other places in other encodings. */
const isAlwaysAsked = (encoding: string) => /125[1356]|874/.test(encoding)

const fileOf = (words: readonly string[]): string =>
  `order_id,member_id,date,amount,store\n${words.map((word, i) => `A${i},m${i},2026-01-02,1,${word}\n`).join('')}`

test('of files of some words in any encoding none is read wrongly without asking, and those of several words are told', () => {
  const seen = { asked: 0, missing: [] as unknown[], wrong: [] as unknown[], undecided: [] as unknown[] }
  const random = numbers(20261127)
  for (let round = 0; round < 60; round++)
    for (const [encoding, list] of Object.entries({ ...written, ...unknown })) {
      const all = list.split(/\s+/).filter((word) => word !== '')
      const count = 1 + (round < 30 ? random(3) : random(16))
      const words = Array.from({ length: count }, () => all[random(all.length)]!)
      const text = fileOf(words)
      const raw = Buffer.from(encoded(encoding as Parameters<typeof encoded>[0], text))
      const { readings, sure } = evidenceOf(raw, true)
      // what it says, not what it is called: other encodings may write a word alike
      const reads = (one: string) => new TextDecoder(one).decode(raw) === text
      const known = encoding in written
      if (sure && !reads(readings[0]!.encoding)) seen.wrong.push({ encoding, words, readings })
      if (!sure) seen.asked++
      if (!sure && known && !readings.some((one) => reads(one.encoding)))
        seen.missing.push({ encoding, words, readings })
      if (!sure && known && !isAlwaysAsked(encoding) && new Set(words).size >= 8)
        seen.undecided.push({ encoding, words, readings })
    }
  expect(seen).toMatchObject({ wrong: [], missing: [], undecided: [] })
  expect(seen.asked).toBeGreaterThan(0)
})

test.each([
  ['ISO-2022', 'id,store\n1,\x1b$BEl5~\x1b(B\n'],
  ['HZ', 'id,store\n1,~{VPND~}\n2,~{11>)~}\n'],
  ['UTF-7', 'id,store\n1,+U5dOrA-\n2,M+APw-ller\n'],
  [null, 'id,phone\n1,+86-13800000000\n2,+886-2-1\n3,+1-202\n'],
  [null, 'id,phone\n1,+12125550101\n'],
  [null, 'id,goods\n1,Vanilla+Mac\n2,Tea+Mug-Set\n'],
  [null, 'id,note\n1,a+b-c\n2,~{x\n'],
  [null, 'id,phone\n1,+420-777\n2,+380-44\n3,+007-1\n'],
])('letters that stand as ASCII are told: %s in %j', async (way, text) => {
  expect(escapedIn(Buffer.from(text))).toBe(way)
})

test('Größe is not taken for Chinese', () => {
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

test('files in four encodings are imported as they read, and the encoding is shown', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  for (const [encoding, text, store] of [
    ['big5', '訂單編號,會員編號,下單時間,實付金額,門市\nA1,m1,2026-01-02,10,台北門市\n', '台北門市'],
    ['euc-jp', '注文番号,会員番号,注文日,金額,店舗\nA2,m1,2026-01-02,10,渋谷店\n', '渋谷店'],
    ['euc-kr', '주문번호,회원번호,주문일,금액,매장\nA3,m1,2026-01-02,10,서울강남점\n', '서울강남점'],
    ['shift_jis', '注文番号,会員番号,注文日,金額,店舗\nA4,m1,2026-01-02,10,渋谷駅前店\n', '渋谷駅前店'],
  ] as const) {
    const path = shop.file('orders.csv', encoded(encoding, text))
    const seen = await shop.inspect(path, 'orders.csv', {})
    if ('id' in seen) throw new Error(seen.id)
    const headers = text.split('\n')[0]!.split(',')
    expect(seen.inspection).toMatchObject({ encoding, headers, questions: [], lacking: [] })
    // by their headers alone; of the last file with the same headers is remembered what was left out
    const { columns } = seen.inspection.map
    expect(
      Object.keys(columns)
        .filter((field) => columns[field] !== null)
        .toSorted(),
    ).toEqual(['amount', 'memberId', 'orderId', 'orderedAt', 'store'].toSorted())
    expect(receiptOf(await shop.import(path))).toMatchObject({ imported: 1, refused: 0 })
    expect(await shop.workspace.engine.rows(sql`select store from orders where store = ${store}`)).toEqual([
      { store },
    ])
  }
})

test('where a few letters leave the encoding open it is asked, the answer is taken and remembered', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const text = (id: string) => `order_id,member_id,date,amount,store\n${id},m1,2026-01-02,10,Yılmaz\n`
  const first = shop.file('first.csv', encoded('windows-1254', text('A1')))
  const before = await visible(shop)
  const seen = await shop.inspect(first, 'first.csv', {})
  if ('id' in seen) throw new Error(seen.id)
  const question = seen.inspection.questions.find(({ kind }) => kind === 'encoding')
  expect(question).toMatchObject({
    readings: expect.arrayContaining([
      { encoding: 'windows-1254', sample: 'Yılmaz' },
      { encoding: 'windows-1252', sample: 'Yýlmaz' },
    ]),
  })
  const refused = (await shop.import(first)) as Refusal
  expect(refused).toMatchObject({ kind: 'refused', id: 'undecided-encoding' })
  for (const language of ['en', 'zh-CN'] as const) {
    const said = sentence(language, refused.id, refused.values)
    expect(said).toContain('windows-1254 “Yılmaz”')
    expect(said).toContain('--encoding')
    expect(said).not.toContain('\n') // notes in the inbox have a line for each language
  }
  expect(await visible(shop)).toEqual(before)
  expect(receiptOf(await shop.import(first, { map: { encoding: 'windows-1254' } })).imported).toBe(1)
  // the next one with the same columns is read like it, however it is given
  const next = shop.file('next.csv', encoded('windows-1254', text('A2').replace('Yılmaz', 'Kılıç')))
  expect(receiptOf(await shop.import(next)).imported).toBe(1)
  const stores = await shop.workspace.engine.rows(sql`select store from orders order by 1`)
  expect(stores).toEqual([{ store: 'Kılıç' }, { store: 'Yılmaz' }])
  // what its content says goes before what is remembered
  const utf8 = await shop.inspect(shop.file('utf8.csv', text('A3')), 'utf8.csv', {})
  expect(utf8).toMatchObject({ inspection: { encoding: 'utf-8', questions: [] } })
})

test('an answer is remembered for headers beyond ASCII too', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const text = (id: string) => `order_id,member_id,date,amount,Ağrı\n${id},m1,2026-01-02,10,x\n`
  const file = (id: string) => shop.file(`${id}.csv`, encoded('windows-1254', text(id)))
  expect(await shop.import(file('A1'))).toMatchObject({ id: 'undecided-encoding' })
  receiptOf(await shop.import(file('A1'), { map: { encoding: 'windows-1254' } }))
  const seen = await shop.inspect(file('A2'), 'A2.csv', {})
  expect(seen).toMatchObject({
    inspection: { encoding: 'windows-1254', questions: [], headers: text('').split('\n')[0]!.split(',') },
  })
})

test('a damaged byte of a text in UTF-8 refuses its row, one among the columns the file, with its line', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const rows = ['北京店', '上海店', '广州店'].map((store, i) => `A${i},m${i},2026-01-02,10,${store}\n`)
  const whole = Buffer.from(`order_id,member_id,date,amount,门店名称\n${rows.join('')}`)
  const damaged = (after: string) => {
    const raw = Buffer.from(whole)
    raw[raw.indexOf(after) + Buffer.byteLength(after)] = 0xff
    return raw
  }
  const receipt = receiptOf(await shop.import(shop.file('row.csv', damaged('上'))))
  expect(receipt).toMatchObject({ imported: 2, refused: 1, reasons: [{ reason: 'not-text', rows: 1 }] })
  expect(readFileSync(receipt.refusedFile!, 'utf8').split('\r\n')[1]).toMatch(/^3,/)
  expect(await shop.import(shop.file('header.csv', damaged('门')))).toMatchObject({
    id: 'damaged-header',
    values: { line: 1, encoding: 'utf-8' },
  })
  // of one word nobody knows what the others are
  const few = Buffer.concat([
    Buffer.from('order_id,member_id,date,amount,store\nA1,m1,2026-01-02,3,'),
    Buffer.from([0x81, 0x20, 0x0a]),
  ])
  expect(await shop.import(shop.file('few.csv', few))).toMatchObject({ id: 'undecided-encoding' })
  const hz = 'order_id,member_id,date,amount,store\nA1,m1,2026-01-02,3,~{11>)~}\n'
  expect(await shop.import(shop.file('hz.csv', hz))).toMatchObject({
    id: 'escaped-encoding',
    values: { encoding: 'HZ' },
  })
})

test('where few half-width kana could be anything, Shift_JIS is among what is asked', () => {
  const halfWidth = (text: string) =>
    Buffer.from(
      [...text].map((one) => (one < '\x80' ? one.charCodeAt(0) : one.charCodeAt(0) - 0xff61 + 0xa1)),
    )
  for (const [text, sample] of [
    ['id,name\n1,ｶﾊﾞﾝ\n', 'ｶﾊﾞﾝ'],
    ['id\nﾒﾓ\nﾔﾏﾀﾞ\n', 'ﾒﾓ · ﾔﾏﾀﾞ'],
  ] as const) {
    const { readings, sure } = evidenceOf(halfWidth(text), true)
    expect(sure).toBe(false)
    expect(readings.length).toBeLessThanOrEqual(6)
    expect(readings).toContainEqual({ encoding: 'shift_jis', sample })
  }
  // one of two bytes that happens to lie there is none
  expect(evidenceOf(Buffer.from(encoded('gb18030', '1,王\n')), true).readings).not.toContainEqual(
    expect.objectContaining({ encoding: 'shift_jis' }),
  )
})
