import { useIsFetching } from '@tanstack/react-query'
import { Outlet } from '@tanstack/react-router'

/** Every page, with word to machines (screen readers, the browser tests) whether it still waits for answers. */
export function Settled() {
  const fetching = useIsFetching() > 0
  return (
    <div aria-busy={fetching} data-settled={!fetching}>
      <Outlet />
    </div>
  )
}
