import { createContext, use, useEffect, useState, type ReactNode } from 'react'
import { IntlProvider } from 'use-intl'

/** The languages of the product. Each has the same message files under web/messages. */
export const languages = ['en', 'zh-CN'] as const
export type Language = (typeof languages)[number]

type Messages = Record<string, Record<string, unknown>>
const load: Record<Language, () => Promise<{ default: Messages }>> = {
  en: () => import('../messages/en.ts'),
  'zh-CN': () => import('../messages/zh-CN.ts'),
}
const kept = 'reveille.language'

/** The language kept in this browser, else the browser's own. */
export function preferredLanguage(): Language {
  const chosen = localStorage.getItem(kept)
  if (chosen === 'en' || chosen === 'zh-CN') return chosen
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en'
}

const LanguageContext = createContext<{ language: Language; choose: (language: Language) => void } | null>(
  null,
)

/** The language on the screen and how to change it. */
export function useLanguage() {
  const context = use(LanguageContext)
  if (!context) throw new Error('useLanguage needs a LanguageProvider above it')
  return context
}

/** Loads a language's messages, gives them to everything below, and changes them without a reload. */
export function LanguageProvider({ children }: { children: ReactNode }) {
  const [wanted, choose] = useState(preferredLanguage)
  const [shown, show] = useState<{ language: Language; messages: Messages }>()
  useEffect(() => {
    let current = true
    void load[wanted]().then(({ default: messages }) => {
      if (current) show({ language: wanted, messages })
    })
    return () => {
      current = false
    }
  }, [wanted])
  const language = shown?.language
  useEffect(() => {
    if (language) document.documentElement.lang = language
  }, [language])
  if (!shown) return null
  return (
    <LanguageContext
      value={{
        language: shown.language,
        choose: (next) => {
          localStorage.setItem(kept, next)
          choose(next)
        },
      }}
    >
      <IntlProvider locale={shown.language} messages={shown.messages as never} timeZone="UTC">
        {children}
      </IntlProvider>
    </LanguageContext>
  )
}
