import { both } from '../../../analytics/schema/described.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import { list } from '../columns/fields.ts'
import { defineKind } from './kind.ts'
import { productCategories } from './product-categories.ts'

/** Products: names, categories, costs. */
export const products = defineKind({
  name: 'products',
  title: both('Products', '商品'),
  about: both(
    'One row per product: its name, category and cost. Order lines without a category take their product’s.',
    '每个商品一行：名称、分类和成本。没有分类的订单行取其商品的分类。',
  ),
  table: 'import_products',
  current: 'products',
  key: ['sku'],
  fields: {
    sku: {
      type: 'id',
      column: 'sku',
      aliases:
        list(`skucode skuid skuno stockcode variantsku productid productcode productno itemid itemcode itemno articleno
        barcode upc ean 商品编码 商家编码 商品编号 商品id 商品货号 货号 规格编码 sku编码 商品条码 条码 物料编码
      商品編號 商品貨號 貨號 商品代碼 商品番号 商品コード 商品no 品番 상품코드 상품번호 품목코드`),
      label: both('Product number', '商品编码'),
      meaning: both('The product’s number, the same as on order lines.', '商品编码，与订单明细中的相同。'),
      needed: both('The product’s number is empty.', '商品编码为空。'),
      example: 'TEA-01',
    },
    name: {
      type: 'text',
      column: 'name',
      aliases: list(`productname product title producttitle itemname item description
        商品名称 商品标题 商品名 品名 名称 商品
      商品名稱 名稱 상품명 제품명 품목명`),
      label: both('Product name', '商品名称'),
      meaning: both('The name as it is shown.', '显示用的名称。'),
      example: 'Green tea',
    },
    category: {
      type: 'text',
      column: 'category',
      aliases: list(`productcategory categoryname producttype department type subcategory
        商品分类 商品类目 分类 类目 品类 类别 商品类别
      商品分類名稱 分類名稱 類別 商品類別 商品分類 カテゴリ カテゴリー 商品カテゴリ 카테고리 상품카테고리 상품분류 분류`),
      label: both('Category', '分类'),
      meaning: both(
        'Taken by order lines of this product that have no category of their own.',
        '该商品的订单行没有分类时取用。',
      ),
      example: 'tea',
    },
    cost: {
      type: 'amount',
      column: 'cost_minor',
      aliases: list(`costprice unitcost costperitem itemcost purchaseprice cogs buyingprice
        成本 成本价 商品成本 进价 进货价 采购价 单位成本
      成本價 原価 仕入価格 仕入値 원가 매입가`),
      label: both('Cost', '成本'),
      meaning: both('What one piece costs the shop.', '一件商品的成本。'),
      example: '30.00',
    },
    listPrice: {
      type: 'amount',
      column: 'list_price_minor',
      aliases: list(`compareatprice originalprice retailprice msrp variantcompareatprice
        原价 吊牌价 标价 零售价 市场价 划线价
      原價 定價 定価 通常価格 정가 소비자가`),
      label: both('List price', '原价'),
      meaning: both('Price of one piece before reductions.', '一件商品优惠前的价格。'),
      example: '70.00',
    },
  },
  recognised: ({ has, order, member }) =>
    has('sku') &&
    (has('cost') || has('category') || has('listPrice')) &&
    !order('orderId') &&
    !order('quantity') &&
    !order('amount') &&
    !member('memberId') &&
    !member('phone'),
  checks: [
    {
      reason: 'negative-cost',
      field: 'cost',
      when: sql`cost_minor < 0`,
      words: both('A cost can’t be negative.', '成本不能为负。'),
    },
    {
      reason: 'negative-price',
      field: 'listPrice',
      when: sql`list_price_minor < 0`,
      words: both('A price can’t be negative.', '价格不能为负。'),
    },
  ],
  project: (session) => productCategories(session, sql`(select distinct sku from kind_changed)`),
  sentences: {
    lines: both(
      '{n, plural, one {# order line takes} other {# order lines take}} the category of a product of this file.',
      '{n, number} 个订单行取用本文件商品的分类。',
    ),
    unknownSkus: both(
      '{n, plural, one {# product number that was sold is} other {# product numbers that were sold are}} in no file of products.',
      '{n, number} 个售出的商品编码没有出现在任何商品文件中。',
    ),
  },
  async count(session, importSeq) {
    const [counts] = await session.rows(sql`select
      (select count(*) from order_lines where category_of_product
        and sku in (select sku from import_products where import_seq = ${importSeq})) as lines,
      (select count(distinct sku) from order_lines
        where sku is not null and sku not in (select sku from products)) as unknown_skus`)
    return { lines: Number(counts!.lines), unknownSkus: Number(counts!.unknownSkus) }
  },
})
