/** Users, sessions and credentials are written by better-auth; the rest is ours. */
export interface AccountsTables {
  users: {
    id: string
    name: string
    /** Never an address: better-auth wants something unique here. */
    email: string
    email_verified: number
    image: string | null
    /** The name as it is compared at sign-in; null until a password is set. */
    username: string | null
    created_at: string
    updated_at: string
  }
  sessions: {
    id: string
    token: string
    user_id: string
    /** The workspace this browser looks at; null: the first that its user may see. */
    workspace_id: string | null
    ip_address: string | null
    user_agent: string | null
    expires_at: string
    created_at: string
    updated_at: string
  }
  credentials: {
    id: string
    account_id: string
    provider_id: string
    user_id: string
    access_token: string | null
    refresh_token: string | null
    id_token: string | null
    access_token_expires_at: string | null
    refresh_token_expires_at: string | null
    scope: string | null
    password: string | null
    created_at: string
    updated_at: string
  }
  /** One row: what belongs to the installation as a whole. */
  installation: {
    id: number
    /** Signs session cookies. */
    secret: string
    owner_user_id: string | null
  }
  /** Who may see which workspace. The installation's owner needs no row. */
  memberships: {
    user_id: string
    workspace_id: string
    role: string
    created_at: string
  }
  invites: {
    id: string
    workspace_id: string
    role: string
    /** SHA-256 of the token; the token itself is only in the link. */
    token_hash: string
    created_by: string
    created_at: string
    expires_at: string
    accepted_by: string | null
    accepted_at: string | null
  }
}
