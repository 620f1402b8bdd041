export interface ImportTables {
  /** The answer to each batch of orders that came over the API, by its idempotency key. */
  order_batches: {
    workspace_id: string
    key: string
    /** SHA-256 of the body: the same key with another body is refused. */
    fingerprint: string
    /** JSON of the answer. */
    answer: string
    at: string
  }
}
