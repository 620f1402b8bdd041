import {
  acceptCompletion,
  autocompletion,
  type CompletionContext,
  completionKeymap,
} from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { type Diagnostic, setDiagnostics } from '@codemirror/lint'
import { EditorState, RangeSetBuilder } from '@codemirror/state'
import {
  Decoration,
  type DecorationSet,
  EditorView,
  keymap,
  placeholder,
  ViewPlugin,
  type ViewUpdate,
} from '@codemirror/view'
import { useEffect, useRef } from 'react'
import { useTranslations } from 'use-intl'
import { isName } from '../../../analytics/segments/fields/catalogue.ts'
import type { Problem } from '../../../analytics/segments/problems.ts'
import { type Token, tokens } from '../../../analytics/segments/tokens.ts'
import { wordOf } from '../../../analytics/segments/words.ts'
import { useFormat } from '../../ui/format.ts'
import { useLanguage } from '../../ui/language.tsx'
import { type Known, type Proposal, proposals } from './completion.ts'
import classes from './text-face.module.css'
import { useProblemText } from './problem-list.tsx'

/** The rule as text: coloured, completed from the fields and the data, mistakes underlined where they are. */
export function TextFace({
  text,
  onChange,
  problems,
  values,
  segments,
}: {
  text: string
  onChange: (text: string) => void
  problems: readonly Problem[]
  values: Known['values']
  segments: readonly string[]
}) {
  const t = useTranslations('segments')
  const { language } = useLanguage()
  const sentence = useProblemText()
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView | null>(null)
  const format = useFormat()
  const timesOf = ({ n, list }: NonNullable<Proposal['times']>) =>
    t('text.times', { n, times: format.count(n), list: countedIn[list] ?? 'other' })
  const now = { onChange, values, segments, language, timesOf }
  const live = useRef(now)
  useEffect(() => {
    live.current = now
  })
  const label = t('text.label')
  const example = t('text.placeholder')

  useEffect(() => {
    if (!host.current) return
    const nonce = document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.content ?? ''
    const complete = (context: CompletionContext) => {
      const before = context.state.sliceDoc(0, context.pos)
      const typed = context.matchBefore(/["\p{L}_\d][^\s(),]*|[=<>(,]\s?|\s/u)
      if (!typed && !context.explicit && context.pos > 0) return null
      const { from, options } = proposals(before, live.current, live.current.language)
      return {
        from,
        options: options.map(({ kind, times, ...option }, i) => ({
          ...option,
          type: kind,
          // of what fits alike, in the order in which it is offered: the most frequent value first
          boost: Math.max(-99, -i),
          ...(times ? { detail: live.current.timesOf(times) } : {}),
        })),
      }
    }
    const editor = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: '',
        extensions: [
          EditorView.cspNonce.of(nonce),
          history(),
          replacing,
          autocompletion({ override: [complete], icons: false }),
          keymap.of([
            { key: 'Tab', run: acceptCompletion },
            ...completionKeymap,
            ...defaultKeymap,
            ...historyKeymap,
          ]),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({
            'aria-label': label,
            'aria-multiline': 'true',
            spellcheck: 'false',
            autocapitalize: 'off',
          }),
          placeholder(example),
          colours,
          look,
          EditorView.updateListener.of((update) => {
            if (update.docChanged) live.current.onChange(update.state.doc.toString())
          }),
        ],
      }),
    })
    view.current = editor
    return () => {
      editor.destroy()
      view.current = null
    }
  }, [label, example])

  useEffect(() => {
    const editor = view.current
    if (!editor || editor.state.doc.toString() === text) return
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } })
  }, [text, label, example])

  useEffect(() => {
    const editor = view.current
    if (!editor) return
    const length = editor.state.doc.length
    const shown = editor.state.doc.toString().trim() === '' ? [] : problems
    const diagnostics = shown.map((one): Diagnostic => {
      const to = Math.min(length, one.to)
      const from = Math.min(one.from, one.to === one.from ? Math.max(0, to - 1) : to)
      return {
        from,
        to,
        severity: 'error',
        message: sentence(one),
        ...(one.suggestion === undefined
          ? {}
          : {
              actions: [
                {
                  name: t('problems.apply', { text: one.suggestion }),
                  apply: (target: EditorView) =>
                    target.dispatch({ changes: { from: one.from, to: one.to, insert: one.suggestion! } }),
                },
              ],
            }),
      }
    })
    editor.dispatch(setDiagnostics(editor.state, diagnostics))
  }, [problems, sentence, t])

  return <div ref={host} className={classes.editor} />
}

/** What the values of a list are counted in. */
const countedIn: Readonly<Record<string, string>> = {
  categories: 'lines',
  products: 'lines',
  skus: 'lines',
  stores: 'orders',
  regions: 'members',
  tiers: 'members',
  tags: 'members',
}

/** Typing over a selection: a browser would keep the look of what goes in a style attribute, which the policy refuses. */
const replacing = EditorView.domEventHandlers({
  beforeinput: (event, view) => {
    const { data, inputType } = event
    if (inputType !== 'insertText' || data === null || view.composing) return false
    if (view.state.selection.main.empty) return false
    event.preventDefault()
    view.dispatch(view.state.replaceSelection(data), { userEvent: 'input.type', scrollIntoView: true })
    return true
  },
})

const marks = {
  keyword: Decoration.mark({ class: classes.keyword! }),
  name: Decoration.mark({ class: classes.name! }),
  text: Decoration.mark({ class: classes.text! }),
  number: Decoration.mark({ class: classes.number! }),
}

function markOf(token: Token): Decoration | null {
  switch (token.kind) {
    case 'word':
      return wordOf(token.value) && !isName(token.value) ? marks.keyword : marks.name
    case 'text':
      return marks.text
    case 'number':
    case 'day':
    case 'month':
    case 'relative':
      return marks.number
    default:
      return null
  }
}

function coloured(view: EditorView): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>()
  for (const token of tokens(view.state.doc.toString())) {
    const mark = markOf(token)
    if (mark && token.to > token.from) builder.add(token.from, token.to, mark)
  }
  return builder.finish()
}

const colours = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet
    constructor(view: EditorView) {
      this.decorations = coloured(view)
    }
    update(update: ViewUpdate) {
      if (update.docChanged) this.decorations = coloured(update.view)
    }
  },
  { decorations: ({ decorations }) => decorations },
)

const mono = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Noto Sans Mono CJK SC", monospace'
const look = EditorView.theme({
  '&': { color: 'var(--text)', backgroundColor: 'var(--surface)', borderRadius: '8px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-content': {
    fontFamily: mono,
    fontSize: '14px',
    lineHeight: '24px',
    padding: '12px',
    minHeight: '120px',
    caretColor: 'var(--text)',
  },
  '.cm-line': { padding: '0' },
  '.cm-placeholder': { color: 'var(--text-3)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--surface)',
    color: 'var(--text)',
    border: '1px solid var(--border)',
    borderRadius: '8px',
    boxShadow: '0 4px 16px #0002',
    overflow: 'hidden',
    maxWidth: 'calc(100vw - 32px)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: mono, maxHeight: '15em' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '4px 12px', lineHeight: '20px' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--accent-tint)',
    color: 'var(--accent-text)',
  },
  '.cm-completionDetail': { fontStyle: 'normal', color: 'var(--text-3)', marginLeft: '12px' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--bad)' },
  '.cm-diagnosticAction': {
    backgroundColor: 'var(--accent-tint)',
    color: 'var(--accent-text)',
    borderRadius: '4px',
  },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--bad)',
    textUnderlineOffset: '4px',
    textDecorationSkipInk: 'none',
  },
})
