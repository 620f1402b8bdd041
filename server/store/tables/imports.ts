export interface ImportTables {
  /** The answer to each batch that came over the API, by its idempotency key. */
  order_batches: {
    workspace_id: string
    /** SHA-256 of the idempotency key. */
    key: string
    /** HMAC of the body under the idempotency key: the same key with another body is refused. */
    fingerprint: string
    /** JSON of the answer. */
    answer: string
    at: string
  }
}
