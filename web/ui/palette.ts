import { useComputedColorScheme } from '@mantine/core'
import { tokens, type Palette } from './tokens.ts'

/** The hex colours of the scheme on the screen, for charts. */
export const usePalette = (): Palette =>
  tokens[useComputedColorScheme('light', { getInitialValueInEffect: false })]
