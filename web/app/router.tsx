import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  stripSearchParams,
} from '@tanstack/react-router'
import {
  type FilterSearch,
  notOfMembers,
  readAmounts,
  readFilters,
  readMemberFilters,
  readText,
  readTexts,
} from '../filters/search.ts'
import { Broken, NotFound, Waiting } from './fallbacks.tsx'
import { Settled } from './settled.tsx'
import { Office, SignedIn } from './signed-in.tsx'

type Search = Record<string, unknown>

const root = createRootRoute({ component: Settled, notFoundComponent: NotFound })

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  component: lazyRouteComponent(() => import('../features/sign-in/sign-in-page.tsx'), 'SignInPage'),
})

/** Everything below knows the person and the workspace. */
const signedIn = createRoute({ getParentRoute: () => root, id: 'signed-in', component: SignedIn })

const desk = createRoute({
  getParentRoute: () => signedIn,
  path: '/redeem',
  component: lazyRouteComponent(() => import('../features/desk/desk-page.tsx'), 'DeskPage'),
})

const shell = createRoute({ getParentRoute: () => signedIn, id: 'shell', component: Office })

const thisWeek = createRoute({
  getParentRoute: () => shell,
  path: '/',
  validateSearch: readFilters,
  component: lazyRouteComponent(() => import('../features/this-week/this-week-page.tsx'), 'ThisWeekPage'),
})
const retention = createRoute({
  getParentRoute: () => shell,
  path: '/retention',
  validateSearch: readFilters,
  component: lazyRouteComponent(() => import('../features/retention/retention-page.tsx'), 'RetentionPage'),
})
const value = createRoute({
  getParentRoute: () => shell,
  path: '/value',
  validateSearch: readFilters,
  component: lazyRouteComponent(() => import('../features/value/value-page.tsx'), 'ValuePage'),
})
const products = createRoute({
  getParentRoute: () => shell,
  path: '/products',
  validateSearch: readFilters,
  component: lazyRouteComponent(() => import('../features/products/products-page.tsx'), 'ProductsPage'),
})
const rhythm = createRoute({
  getParentRoute: () => shell,
  path: '/rhythm',
  validateSearch: readFilters,
  component: lazyRouteComponent(() => import('../features/rhythm/rhythm-page.tsx'), 'RhythmPage'),
})
const stores = createRoute({
  getParentRoute: () => shell,
  path: '/stores',
  validateSearch: readFilters,
  component: lazyRouteComponent(() => import('../features/stores/stores-page.tsx'), 'StoresPage'),
})
/** `fees` are what paid cards cost a year, in minor units by tier. */
const cards = createRoute({
  getParentRoute: () => shell,
  path: '/cards',
  validateSearch: (search: Search): FilterSearch & { fees?: Record<string, number> } => ({
    ...readFilters(search),
    fees: readAmounts(search, 'fees'),
  }),
  component: lazyRouteComponent(() => import('../features/cards/cards-page.tsx'), 'CardsPage'),
})
const dormant = createRoute({
  getParentRoute: () => shell,
  path: '/dormant',
  validateSearch: readMemberFilters,
  search: { middlewares: [stripSearchParams(notOfMembers as never)] },
  component: lazyRouteComponent(() => import('../features/dormant/dormant-page.tsx'), 'DormantPage'),
})
const segments = createRoute({
  getParentRoute: () => shell,
  path: '/segments',
  validateSearch: (search: Search): { tab?: 'tags' } => (search.tab === 'tags' ? { tab: 'tags' } : {}),
  component: lazyRouteComponent(() => import('../features/segments/segments-page.tsx'), 'SegmentsPage'),
})
/** What is compared with what stands in the address; at most six rules. */
const compareSegments = createRoute({
  getParentRoute: () => shell,
  path: '/segments/compare',
  validateSearch: (search: Search): { sets?: string[]; a?: string; b?: string } => ({
    sets: readTexts(search, 'sets')?.slice(0, 6),
    a: readText(search, 'a'),
    b: readText(search, 'b'),
  }),
  component: lazyRouteComponent(() => import('../features/segments/compare/compare-page.tsx'), 'ComparePage'),
})
/** `new` opens an empty editor, or one filled with `?expression=`. */
const segment = createRoute({
  getParentRoute: () => shell,
  path: '/segments/$segmentId',
  validateSearch: (search: Search): { expression?: string; face?: string; member?: string } => ({
    expression: readText(search, 'expression'),
    face: readText(search, 'face'),
    member: readText(search, 'member'),
  }),
  component: lazyRouteComponent(() => import('../features/segments/segment-page.tsx'), 'SegmentPage'),
})
const campaigns = createRoute({
  getParentRoute: () => shell,
  path: '/campaigns',
  component: lazyRouteComponent(() => import('../features/campaigns/campaigns-page.tsx'), 'CampaignsPage'),
})
/** The composer, filled from an opportunity or a selection of members. */
const newCampaign = createRoute({
  getParentRoute: () => shell,
  path: '/campaigns/new',
  validateSearch: (search: Search): { segment?: string; name?: string } => ({
    segment: readText(search, 'segment'),
    name: readText(search, 'name'),
  }),
  component: lazyRouteComponent(
    () => import('../features/campaigns/new-campaign-page.tsx'),
    'NewCampaignPage',
  ),
})
const campaign = createRoute({
  getParentRoute: () => shell,
  path: '/campaigns/$campaignId',
  component: lazyRouteComponent(() => import('../features/campaigns/campaign-page.tsx'), 'CampaignPage'),
})
const members = createRoute({
  getParentRoute: () => shell,
  path: '/members',
  validateSearch: (search: Search): { segment?: string; search?: string; asOf?: string } => ({
    segment: readText(search, 'segment'),
    search: readText(search, 'search'),
    asOf: readFilters(search).asOf,
  }),
  component: lazyRouteComponent(() => import('../features/members/members-page.tsx'), 'MembersPage'),
})
const member = createRoute({
  getParentRoute: () => shell,
  path: '/members/$memberId',
  component: lazyRouteComponent(() => import('../features/members/member-page.tsx'), 'MemberPage'),
})
const data = createRoute({
  getParentRoute: () => shell,
  path: '/data',
  component: lazyRouteComponent(() => import('../features/data/data-page.tsx'), 'DataPage'),
})
const dictionary = createRoute({
  getParentRoute: () => shell,
  path: '/data/dictionary',
  component: lazyRouteComponent(() => import('../features/data/dictionary-page.tsx'), 'DictionaryPage'),
})
/** What came of an imported test. */
const experiment = createRoute({
  getParentRoute: () => shell,
  path: '/data/tests/$experiment',
  component: lazyRouteComponent(() => import('../features/data/experiment-page.tsx'), 'ExperimentPage'),
})
const settings = createRoute({
  getParentRoute: () => shell,
  path: '/settings',
  component: lazyRouteComponent(() => import('../features/settings/settings-page.tsx'), 'SettingsPage'),
})
const newWorkspace = createRoute({
  getParentRoute: () => shell,
  path: '/new-workspace',
  component: lazyRouteComponent(
    () => import('../features/settings/new-workspace-page.tsx'),
    'NewWorkspacePage',
  ),
})

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    signedIn.addChildren([
      desk,
      shell.addChildren([
        thisWeek,
        retention,
        value,
        products,
        rhythm,
        stores,
        cards,
        dormant,
        segments,
        compareSegments,
        segment,
        campaigns,
        newCampaign,
        campaign,
        members,
        member,
        data,
        experiment,
        dictionary,
        settings,
        newWorkspace,
      ]),
    ]),
  ]),
  defaultPreload: 'intent',
  defaultPendingComponent: Waiting,
  defaultErrorComponent: Broken,
  defaultNotFoundComponent: NotFound,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
