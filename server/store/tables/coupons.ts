import type { Generated } from 'kysely'

/** What a row of the ledger says happened to uses of a coupon. Expiry is no row: the dates of the coupon, or of the reservation, say it. */
export type LedgerKind = 'issued' | 'reserved' | 'released' | 'redeemed' | 'cancelled' | 'revoked'

export interface CouponTables {
  /** What coupons that were issued together have in common. */
  coupon_batches: {
    id: Generated<number>
    workspace_id: string
    campaign_id: string
    launch_id: string
    /** JSON of an Offer. */
    offer: string
    min_spend_minor: number
    /** JSON of OfferTerms; `{}` of coupons that were issued before there were any. */
    terms: string
    /** Valid while valid_from ≤ now < valid_to. */
    valid_from: string
    valid_to: string
    uses_allowed: number
    created_at: string
  }
  /** A code that was issued. It exists for tills once its launch is published. */
  issued_coupons: {
    id: string
    /** As newCode makes it: capitals and digits, without separators. */
    code: string
    batch_id: number
    /** The member's imported id; null: for whoever presents the code. */
    member_id: string | null
    /** Made elsewhere, or chosen for many members, as it is printed; null: the code is ours alone. */
    given_code: string | null
    /** The same as it is looked up: givenKey(given_code). No two of a workspace. */
    given_key: string | null
    /** The workspace, where there is a given code. */
    given_in: string | null
  }
  /** Each issued coupon with what its batch has in common: to be read, not written. */
  coupons: Readonly<
    Omit<CouponTables['issued_coupons'], 'given_in'> & Omit<CouponTables['coupon_batches'], 'id'>
  >
  /** Whom a till named at a use of a coupon that is nobody's by name. */
  named_uses: {
    /** Of the ledger's rows. */
    redemption_id: string
    workspace_id: string
    coupon_id: string
    member_id: string
  }
  /** Codes that were made elsewhere, to be issued. */
  code_pools: {
    id: string
    workspace_id: string
    name: string
    created_at: string
  }
  /** A launch takes codes while its audience is written, and gives each to one coupon. */
  pool_codes: {
    seq: Generated<number>
    workspace_id: string
    pool_id: string
    /** As the file had it. */
    code: string
    /** givenKey(code): no two of a workspace. */
    key: string
    /** Null: nobody has it yet. */
    launch_id: string | null
    coupon_id: string | null
    /** The file that brought it; null: it came before files were noted. */
    import_id: string | null
    /** Of that file. */
    line: number | null
  }
  /** A file of codes that comes in by parts; its codes are there once it is published. */
  pool_imports: {
    id: string
    workspace_id: string
    pool_id: string
    /** Parts of its text that have arrived. */
    parts: number
    /** What arrived and is not read yet, as JSON: a part may end amid a sign. */
    rest: string
    /** JSON of a CodeColumn; null: its first line is not read yet. */
    code_column: string | null
    /** The number of the line with which `rest` begins. */
    next_line: number
    codes: number
    touched_at: string
    published_at: string | null
  }
  /** Append-only, counted in uses; triggers refuse update and delete. */
  ledger: {
    seq: Generated<number>
    workspace_id: string
    coupon_id: string
    campaign_id: string
    kind: LedgerKind
    /** Always positive; the kind says which way. */
    uses: number
    /** The discount, for `redeemed`, the `cancelled` that takes it back, and `reserved`; otherwise 0. */
    amount_minor: number
    /** What was given beside the basket (delivery, a gift, points) is worth; likewise. */
    worth_minor: Generated<number>
    /** What the basket came to before the discount; null in rows of before this was kept. */
    basket_minor: number | null
    order_id: string | null
    /** A reservation and the redemption or release that ends it have the same. */
    redemption_id: string | null
    /** What was reserved together. */
    reservation_id: string | null
    /** Of `reserved`: it holds while now < expires_at. */
    expires_at: string | null
    store_id: string | null
    /** Who did it: 'launch', 'key:' and the key's id, a user's id, or 'command-line'. */
    actor: string
    at: string
  }
  /** The first answer to each idempotency key. */
  redemption_requests: {
    workspace_id: string
    key: string
    /** SHA-256 of the request: the same key with another request is refused. */
    fingerprint: string
    /** JSON of the outcome. */
    outcome: string
    at: string
    /** Of a refusal whose coupon is known, its campaign. */
    campaign_id: string | null
  }
  /** Keys of tills and shops. The key itself is shown once and never kept. */
  api_keys: {
    id: string
    workspace_id: string
    name: string
    /** The key's first letters, by which people recognise it. */
    prefix: string
    /** SHA-256 of the key. */
    digest: string
    /** JSON array of scopes. */
    scopes: string
    created_at: string
    /** To the hour. */
    last_used_at: string | null
    revoked_at: string | null
  }
}
