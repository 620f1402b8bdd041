/** Saved rules, and the tags that people set. */
export interface SegmentTables {
  segments: {
    id: string
    workspace_id: string
    /** Unique among those of the workspace that are not removed. */
    name: string
    created_at: string
    removed_at: string | null
  }
  /** Append-only: editing a rule adds one; the highest is the rule. */
  segment_versions: {
    workspace_id: string
    segment_id: string
    version: number
    /** Canonical text. */
    expression: string
    saved_by: string
    saved_at: string
  }
  /** A tag that was given a colour, a description or members; imported ones without any have no row. */
  tags: {
    id: string
    workspace_id: string
    name: string
    /** 1 to 8: which of the categorical colours. */
    colour: number
    description: string
    created_at: string
    retired_at: string | null
  }
  /** What people decided of a member and a tag; it overrides what was imported. */
  tag_settings: {
    workspace_id: string
    tag_id: string
    member_id: string
    /** 1: put on; 0: taken off. */
    carries: number
    set_by: string
    set_at: string
  }
}
