/** Who people said is who. */
export interface IdentityTables {
  /** Of each id what people set last; it overrides what imported files say. */
  merge_settings: {
    workspace_id: string
    from_id: string
    /** The member that it is an identity of; null: a member of its own. */
    into_id: string | null
    set_by: string
    set_at: string
  }
}
