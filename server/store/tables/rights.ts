/** Who was deleted, in a form that tells nobody who it was. */
export interface RightsTables {
  /** The deletion list: written before anything is deleted, so that a crash leaves nothing half done. */
  deletions: {
    workspace_id: string
    /** The key of `hash`; one a workspace, more only where lists came together after a restore. */
    secret: string
    /** HMAC-SHA-256 of the member's id, hexadecimal. */
    hash: string
    /** What stands for the member in the books. */
    pseudonym: string
    deleted_at: string
    /** When engine and Store no longer held the id; null: still to be done. */
    applied_at: string | null
  }
  /** Phones, openids and e-mails by which files knew those members and nobody else, each as `kind:value`. */
  deleted_values: {
    workspace_id: string
    secret: string
    /** HMAC-SHA-256, hexadecimal. */
    hash: string
    pseudonym: string
  }
}
