import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'

/** What to do once signed in: forget what was asked as somebody else, and go where this role begins. */
export function useEnter(): (answer: { landing: string }) => void {
  const queries = useQueryClient()
  const navigate = useNavigate()
  return ({ landing }) => {
    queries.clear()
    void navigate({ to: landing, replace: true })
  }
}
