import {
  IconBuildingStore,
  IconCalendarRepeat,
  IconClock,
  IconCoins,
  IconCreditCard,
  IconDatabase,
  IconFilter,
  IconMoon,
  IconPackage,
  IconSettings,
  IconSun,
  IconTicket,
  IconUsers,
} from '@tabler/icons-react'

/** The pages of the rail: analytics, then people and what is sent to them, then the two at the foot. */
export const analyticPages = [
  { to: '/', name: 'thisWeek', icon: IconSun },
  { to: '/retention', name: 'retention', icon: IconCalendarRepeat },
  { to: '/value', name: 'value', icon: IconCoins },
  { to: '/products', name: 'products', icon: IconPackage },
  { to: '/rhythm', name: 'rhythm', icon: IconClock },
  { to: '/stores', name: 'stores', icon: IconBuildingStore },
  { to: '/cards', name: 'cards', icon: IconCreditCard },
] as const
export const peoplePages = [
  { to: '/segments', name: 'segments', icon: IconFilter },
  { to: '/dormant', name: 'dormant', icon: IconMoon },
  { to: '/campaigns', name: 'campaigns', icon: IconTicket },
  { to: '/members', name: 'members', icon: IconUsers },
] as const
export const footPages = [
  { to: '/data', name: 'data', icon: IconDatabase },
  { to: '/settings', name: 'settings', icon: IconSettings },
] as const
export const allPages = [...analyticPages, ...peoplePages, ...footPages]

/** The phone's tabs; the rest is under More. */
export const tabPages = [analyticPages[0], analyticPages[1], peoplePages[1], peoplePages[2]]
export const morePages = [...analyticPages.slice(2), peoplePages[0], peoplePages[3], ...footPages]
