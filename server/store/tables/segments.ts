import type { Generated } from 'kysely'

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
  /** The version of each saved segment that a launched campaign's rule is made of; it stays, whatever is edited later. */
  campaign_segments: {
    workspace_id: string
    campaign_id: string
    segment_id: string
    version: number
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
    /** The group that people put it in; says something only with `group_set`. */
    tag_group: string | null
    /** 1: people said in which group it is, or in none; 0: files do. */
    group_set: Generated<number>
    /** The id of the tag that this one was merged into. */
    merged_into: string | null
  }
  tag_groups: {
    workspace_id: string
    name: string
    /** 1: a member carries one tag of it at most. */
    exclusive: number
    created_at: string
  }
  /** The rules that put tags on and take them off. */
  tag_rules: {
    tag_id: string
    workspace_id: string
    /** Canonical text. */
    expression: string
    /** The shipped proposal that it comes from. */
    proposal: string | null
    set_by: string
    set_at: string
  }
  /** Append-only: what people did with a tag. */
  tag_changes: {
    seq: Generated<number>
    workspace_id: string
    tag_id: string
    action: TagAction
    origin: TagOrigin
    /** The rule, the file's name or the other tag; null where the origin says all. */
    detail: string | null
    /** In the words of who did it; empty: none given. */
    reason: string
    members: number
    changed_by: string
    changed_at: string
  }
  /** On whom a tag was put, or off whom it was taken. */
  tag_change_members: {
    workspace_id: string
    change_seq: number
    member_id: string
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

export type TagAction =
  | 'put-on'
  | 'taken-off'
  | 'renamed'
  | 'merged'
  | 'grouped'
  | 'retired'
  | 'rule-on'
  | 'rule-off'

/** Whose members it was done to, or what it followed from. */
export type TagOrigin = 'members' | 'file' | 'segment' | 'exclusive' | 'tag'
