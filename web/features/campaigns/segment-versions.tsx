import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import classes from './composer.module.css'

/** With which versions of saved segments a campaign was launched, and which of them have been edited since. */
export function SegmentVersions({ campaignId }: { campaignId: string }) {
  const t = useTranslations('campaigns.versions')
  const trpc = useTRPC()
  const { data } = useQuery(trpc.campaigns.segmentVersions.queryOptions({ campaignId }))
  if (!data || data.segments.length === 0) return null
  return (
    <>
      {data.segments.map(({ segmentId, name, version, newest, changed, removed }) => (
        <p key={segmentId} className={changed ? classes.warning : classes.help}>
          <span>
            {t.rich(removed ? 'removed' : changed ? 'changed' : 'kept', {
              version,
              newest,
              name: () =>
                removed ? (
                  name
                ) : (
                  <Link to="/segments/$segmentId" params={{ segmentId }}>
                    {name}
                  </Link>
                ),
            })}
          </span>
        </p>
      ))}
    </>
  )
}

/** The rule that a campaign goes by, with the segments that it names as they were at the launch. */
export function useRuleOfLaunch(campaignId: string, rule: string): string {
  const trpc = useTRPC()
  return useQuery(trpc.campaigns.segmentVersions.queryOptions({ campaignId })).data?.rule ?? rule
}
