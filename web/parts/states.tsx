/** What stands in the place of an answer: not yet, nothing, or a fault with its way out. */
import type { ComponentChildren } from 'preact'
import type { Fault } from '../worker/protocol.ts'

export function Pending({ words }: { readonly words: string }) {
  return (
    <p class="pending" role="status">
      <span class="spinner" aria-hidden="true" /> {words} …
    </p>
  )
}

export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <p class="empty">{children}</p>
}

/** A fault in the user's words; `where` names the flag of the command line, which is the field's name here. */
export function Failure({ fault }: { readonly fault: Fault }) {
  return (
    <div class="failure" role="alert">
      <p>
        <strong>{sentence(fault.message)}</strong>
        {fault.where ? <span class="soft"> ({fault.where})</span> : null}
      </p>
      {fault.fix ? <p>{sentence(fault.fix)}</p> : null}
      {fault.code === 'internal' ? (
        <p class="soft">This is a fault of the program, not of your question. Reloading the page may help.</p>
      ) : null}
    </div>
  )
}

function sentence(text: string): string {
  const upper = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(upper) ? upper : `${upper}.`
}
