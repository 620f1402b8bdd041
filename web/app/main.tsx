import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import './app.css'
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { queryClient, trpcClient, TRPCProvider } from '../trpc.ts'
import { refuseStrayFiles } from '../ui/drop-zone.tsx'
import { LanguageProvider } from '../ui/language.tsx'
import { router } from './router.tsx'
import { theme, variables } from './theme.ts'

const nonce = document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.content ?? ''
// react-remove-scroll (under Mantine's Modal, Spotlight, Drawer) adds a <style> of its own and looks here.
Object.assign(globalThis, { __webpack_nonce__: nonce })

refuseStrayFiles()

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variables}
      defaultColorScheme="auto"
      colorSchemeManager={localStorageColorSchemeManager({ key: 'reveille.scheme' })}
      getStyleNonce={() => nonce}
    >
      <LanguageProvider>
        <QueryClientProvider client={queryClient}>
          <TRPCProvider queryClient={queryClient} trpcClient={trpcClient}>
            <Notifications position="bottom-right" />
            <RouterProvider router={router} />
          </TRPCProvider>
        </QueryClientProvider>
      </LanguageProvider>
    </MantineProvider>
  </StrictMode>,
)
