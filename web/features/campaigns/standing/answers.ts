import type { inferRouterOutputs } from '@trpc/server'
import type { AppRouter } from '../../../../server/router.ts'

type Answers = inferRouterOutputs<AppRouter>['standing']
export type StandingState = NonNullable<Answers['runs']>
export type StandingRun = StandingState['runs'][number]
export type StandingWay = Answers['ways'][number]
export type MemberDayFigures = Answers['memberDays']
export type LivePreview = Answers['preview']
export type ProvingPlan = NonNullable<LivePreview['proving']>
