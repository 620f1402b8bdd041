import { createTheme, type CSSVariablesResolver } from '@mantine/core'
import { cssVariables, fontFamily, tokens, type Palette } from '../ui/tokens.ts'

const { accent, accentHover, accentTint } = tokens.light

/** Mantine's theme over the tokens. What Mantine derives from a colour list is set outright in `variables`. */
export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 6, dark: 6 },
  colors: {
    accent: [
      accentTint,
      accentTint,
      accentTint,
      accent,
      accent,
      accent,
      accent,
      accentHover,
      accentHover,
      accentHover,
    ],
  },
  fontFamily,
  headings: { fontFamily, fontWeight: '600' },
  defaultRadius: 8,
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '26px' },
  lineHeights: { xs: '16px', sm: '18px', md: '20px', lg: '22px', xl: '34px' },
  spacing: { xs: '4px', sm: '8px', md: '12px', lg: '16px', xl: '20px' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'sm' } },
    Popover: { defaultProps: { transitionProps: { duration: 0 }, radius: 12, shadow: 'popover' } },
    Menu: { defaultProps: { transitionProps: { duration: 0 }, radius: 12, shadow: 'popover' } },
    Modal: { defaultProps: { transitionProps: { duration: 0 }, radius: 12 } },
    Drawer: { defaultProps: { transitionProps: { duration: 0 } } },
  },
  shadows: { popover: '0 4px 16px #0002' },
})

const schemeVariables = (palette: Palette): Record<string, string> => ({
  ...cssVariables(palette),
  '--mantine-color-body': palette.surface,
  '--mantine-color-text': palette.text,
  '--mantine-color-bright': palette.text,
  '--mantine-color-dimmed': palette.text3,
  '--mantine-color-placeholder': palette.text3,
  '--mantine-color-anchor': palette.accentText,
  '--mantine-color-error': palette.status.bad,
  '--mantine-color-default': palette.surface,
  '--mantine-color-default-hover': palette.fill,
  '--mantine-color-default-color': palette.text,
  '--mantine-color-default-border': palette.control,
  '--mantine-color-disabled': palette.fill,
  '--mantine-color-disabled-color': palette.text3,
  '--mantine-color-disabled-border': palette.border,
  '--mantine-primary-color-filled': palette.accent,
  '--mantine-primary-color-filled-hover': palette.accentHover,
  '--mantine-primary-color-contrast': palette.onAccent,
  '--mantine-primary-color-light': palette.accentTint,
  '--mantine-primary-color-light-hover': palette.accentTint,
  '--mantine-primary-color-light-color': palette.accentText,
  '--mantine-color-accent-filled': palette.accent,
  '--mantine-color-accent-filled-hover': palette.accentHover,
  '--mantine-color-accent-light': palette.accentTint,
  '--mantine-color-accent-light-hover': palette.accentTint,
  '--mantine-color-accent-light-color': palette.accentText,
  '--mantine-color-accent-outline': palette.accentText,
  '--mantine-color-red-filled': palette.status.bad,
  '--mantine-color-red-text': palette.status.bad,
  '--mantine-color-red-outline': palette.status.bad,
  '--mantine-color-red-light': palette.tint.bad,
  '--mantine-color-red-light-color': palette.status.bad,
})

export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: schemeVariables(tokens.light),
  dark: schemeVariables(tokens.dark),
})
