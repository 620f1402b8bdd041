/** The colours of one scheme. Order matters in the lists: categorical by series, the ramps from low to high. */
export interface Palette {
  readonly page: string
  readonly surface: string
  readonly fill: string
  readonly border: string
  readonly control: string
  readonly grid: string
  readonly text: string
  readonly text2: string
  readonly text3: string
  readonly accent: string
  readonly accentHover: string
  readonly accentText: string
  readonly accentTint: string
  readonly onAccent: string
  readonly categorical: readonly string[]
  readonly sequential: readonly string[]
  readonly diverging: readonly string[]
  readonly status: Readonly<Record<Tone, string>>
  readonly tint: Readonly<Record<Tone, string>>
}

/** The five meanings a colour may carry, always beside an icon and a word. */
export type Tone = 'good' | 'warn' | 'bad' | 'info' | 'off'

/** Every colour of the product: CSS variables for the interface (`palette`), hex for charts. */
export const tokens: Readonly<Record<'light' | 'dark', Palette>> = {
  light: {
    page: '#F6F7F9',
    surface: '#FFFFFF',
    fill: '#EEF0F4',
    border: '#E1E4EA',
    control: '#7D8494',
    grid: '#E9ECF1',
    text: '#171A21',
    text2: '#454B5A',
    text3: '#626A7B',
    accent: '#4A4FD6',
    accentHover: '#3C40BD',
    accentText: '#4347C9',
    accentTint: '#EEEFFC',
    onAccent: '#FFFFFF',
    categorical: ['#5F64F0', '#B14B09', '#2F9584', '#70123C', '#A28433', '#550190', '#1D617D', '#79605C'],
    sequential: ['#E3F7F1', '#A8DED7', '#73C4C1', '#40A9B2', '#1C7F93', '#135E75', '#123F54'],
    diverging: ['#8A3A06', '#C96A2B', '#EDB78C', '#F1F1EF', '#97CFCC', '#3096A2', '#0B5468'],
    status: { good: '#0B6E5C', warn: '#8F5A00', bad: '#C92A2A', info: '#2C62B8', off: '#626A7B' },
    tint: { good: '#E5F5EE', warn: '#FDF1DC', bad: '#FDECEB', info: '#E9F1FC', off: '#EEF0F4' },
  },
  dark: {
    page: '#0F1115',
    surface: '#171A20',
    fill: '#22262F',
    border: '#2B303A',
    control: '#6A7284',
    grid: '#262B34',
    text: '#ECEEF2',
    text2: '#B9BFCB',
    text3: '#949CAC',
    accent: '#5A60E6',
    accentHover: '#565CE2',
    accentText: '#A3AAFF',
    accentTint: '#20243F',
    onAccent: '#FFFFFF',
    categorical: ['#8089FC', '#FFA362', '#05AB90', '#C74D68', '#8D7C29', '#9B47C6', '#98D6FD', '#F2D6D3'],
    sequential: ['#1E2D32', '#1A454F', '#1B5F65', '#1F777E', '#37AAAB', '#71CEC6', '#B7F0E3'],
    diverging: ['#FFB37A', '#D07A3A', '#7A4A28', '#2A2D33', '#1F5A60', '#35979D', '#8EDAD6'],
    status: { good: '#5FDDB0', warn: '#E5A93C', bad: '#F4665F', info: '#7FB0FF', off: '#949CAC' },
    tint: { good: '#12291F', warn: '#2E2410', bad: '#331A1B', info: '#16243A', off: '#22262F' },
  },
}

/** The steps of the sequential ramp from which text takes the surface's light or dark counterpart. */
export const firstInvertedStep = 4

/** A palette as CSS variables: `--page`, `--text-2`, `--good-tint`, `--sequential-1` … */
export function cssVariables(palette: Palette): Record<string, string> {
  const variables: Record<string, string> = {}
  for (const [name, value] of Object.entries(palette) as [string, string | readonly string[] | object][]) {
    const kebab = name.replace(/[A-Z]|\d/g, (found) => `-${found.toLowerCase()}`)
    if (typeof value === 'string') variables[`--${kebab}`] = value
    else if (Array.isArray(value))
      value.forEach((colour: string, index) => (variables[`--${kebab}-${index + 1}`] = colour))
    else
      for (const [tone, colour] of Object.entries(value) as [string, string][])
        variables[name === 'tint' ? `--${tone}-tint` : `--${tone}`] = colour
  }
  return variables
}

/** The type stack of the interface and of charts. */
export const fontFamily =
  'system-ui,-apple-system,"Segoe UI",Roboto,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif'
