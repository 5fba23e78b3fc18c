/** The form beside an answer. On narrow pages it is folded away, where the answer would else be a screen away. */
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'

interface QuestionFrameProps {
  readonly label: string
  readonly children: ComponentChildren
}

export function QuestionFrame({ label, children }: QuestionFrameProps) {
  const [open, setOpen] = useState(false)
  return (
    <form
      class="question"
      aria-label={label}
      data-closed={open ? undefined : ''}
      onSubmit={event => event.preventDefault()}
    >
      <button type="button" class="fold" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? 'Hide the question' : 'Change the question'}
      </button>
      {children}
    </form>
  )
}
