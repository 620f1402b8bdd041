import { sql } from '../sql/sql.ts'
import { both } from './described.ts'
import { exportedElsewhere } from './exported-elsewhere.ts'
import { identities, members, pointsEntries } from './exported-members.ts'
import { orderLines, orders, refunds } from './exported-orders.ts'
import { type ExportedTable, memberId, ofIdentity } from './exported-table.ts'
import { automaticTags, importedTags, removedTags, tags } from './exported-tags.ts'

const products: ExportedTable = {
  name: 'products',
  base: 'products',
  title: both('Products', '商品'),
  meaning: both(
    'One row per product of the live imports of products.',
    '商品文件（当前有效的导入）中的每个商品一行。',
  ),
  relation: sql`products as base`,
  inside: [],
  columns: [
    {
      name: 'sku',
      type: 'text',
      origin: 'file',
      past: 'none',
      from: sql`base.sku`,
      meaning: both('Product number, as on order lines.', '商品编码，与订单明细中的相同。'),
    },
    {
      name: 'name',
      type: 'text',
      origin: 'file',
      past: 'none',
      from: sql`base.name`,
      meaning: both('Name, as last imported.', '名称，以最近导入为准。'),
    },
    {
      name: 'category',
      type: 'text',
      origin: 'file',
      past: 'none',
      from: sql`base.category`,
      meaning: both('Category, as last imported.', '分类，以最近导入为准。'),
    },
    {
      name: 'cost_minor',
      type: 'integer',
      unit: 'minor',
      origin: 'file',
      past: 'none',
      from: sql`base.cost_minor`,
      meaning: both('What one piece costs the shop; empty: unknown.', '一件商品的成本；空为未知。'),
    },
    {
      name: 'list_price_minor',
      type: 'integer',
      unit: 'minor',
      origin: 'file',
      past: 'none',
      from: sql`base.list_price_minor`,
      meaning: both(
        'Price of one piece before reductions; empty: unknown.',
        '一件商品优惠前的价格；空为未知。',
      ),
    },
  ],
}

const campaignArms: ExportedTable = {
  name: 'campaign_arms',
  base: 'campaign_arms',
  title: both('Campaign arms', '营销活动分组'),
  meaning: both(
    'One row per member of a launched campaign’s audience; of merged identities, each one’s.',
    '已投放活动的每位目标会员一行；合并的身份各自一行。',
  ),
  relation: sql`campaign_arms as base ${ofIdentity}`,
  inside: ['member_key'],
  columns: [
    {
      name: 'campaign_id',
      type: 'text',
      origin: 'campaign',
      past: 'full',
      from: sql`base.campaign_id`,
      meaning: both('Id of the campaign.', '营销活动编号。'),
    },
    memberId(sql`member.member_id`),
    {
      name: 'arm',
      type: 'text',
      origin: 'campaign',
      past: 'full',
      from: sql`base.arm`,
      meaning: both(
        'treated, or held-out: chosen by chance to get nothing.',
        'treated（触达组）或 held-out（对照组，随机选出不发券）。',
      ),
    },
    {
      name: 'launched_day',
      type: 'day',
      origin: 'campaign',
      past: 'full',
      from: sql`base.launched_day`,
      meaning: both(
        'Local day of the launch; of a standing campaign, the day of coming in.',
        '投放日期；长期活动为会员进入的日期。',
      ),
    },
    {
      name: 'entered_at',
      type: 'instant',
      origin: 'campaign',
      past: 'full',
      from: sql`base.entered_at`,
      meaning: both(
        'When the member came into a standing campaign; empty: a campaign with one launch.',
        '会员进入长期活动的时刻；一次性投放的活动为空。',
      ),
    },
  ],
}

const imports: ExportedTable = {
  name: 'imports',
  base: 'imports',
  title: both('Imports', '导入记录'),
  meaning: both('One row per import, undone ones included.', '每次导入一行，含已撤销的导入。'),
  relation: sql`imports as base`,
  inside: ['import_seq'],
  columns: [
    {
      name: 'import_id',
      type: 'text',
      origin: 'computed',
      past: 'since-first-import',
      from: sql`base.import_id`,
      meaning: both('Id of the import.', '导入编号。'),
    },
    {
      name: 'kind',
      type: 'text',
      origin: 'people',
      past: 'since-first-import',
      from: sql`base.kind`,
      meaning: both(
        'What the file holds: orders, members or the name of another kind; demo for the sample data.',
        '文件内容：orders（订单）、members（会员）或其他类型的名称；demo 为示例数据。',
      ),
    },
    {
      name: 'identity',
      type: 'text',
      origin: 'computed',
      past: 'since-first-import',
      from: sql`base.identity`,
      meaning: both(
        'order: lines carry an order number; row: each row is an order; member: rows are members; key: as its kind says.',
        'order：行带有订单号；row：每行是一笔订单；member：每行是会员；key：由文件类型决定。',
      ),
    },
    {
      name: 'file_name',
      type: 'text',
      origin: 'file',
      past: 'since-first-import',
      from: sql`base.file_name`,
      meaning: both('Name of the file.', '文件名。'),
    },
    {
      name: 'file_hash',
      type: 'text',
      origin: 'computed',
      past: 'since-first-import',
      from: sql`base.file_hash`,
      meaning: both('Digest of the file’s content.', '文件内容的摘要。'),
    },
    {
      name: 'mapping',
      type: 'json',
      origin: 'people',
      past: 'since-first-import',
      from: sql`base.mapping`,
      meaning: both('How its columns were read, as a --map file.', '各列的读法，与 --map 文件相同。'),
    },
    {
      name: 'report',
      type: 'json',
      origin: 'computed',
      past: 'since-first-import',
      from: sql`base.report`,
      meaning: both('The receipt as it was printed.', '当时的导入结果。'),
    },
    {
      name: 'imported_at',
      type: 'instant',
      origin: 'computed',
      past: 'since-first-import',
      from: sql`base.imported_at`,
      meaning: both('When it was imported.', '导入时间。'),
    },
    {
      name: 'undone_at',
      type: 'instant',
      origin: 'computed',
      past: 'since-first-import',
      from: sql`base.undone_at`,
      meaning: both('When it was taken out again; empty: it is live.', '撤销时间；空：仍然有效。'),
    },
  ],
}

/** What an export holds of the base tables, and what each column means: the data dictionary is made of this. */
export const exportedTables: readonly ExportedTable[] = [
  members,
  orders,
  orderLines,
  refunds,
  products,
  tags,
  automaticTags,
  removedTags,
  identities,
  campaignArms,
  ...exportedElsewhere,
  importedTags,
  pointsEntries,
  imports,
]
