/** Copies a text and says so for a moment. */
import { useEffect, useState } from 'preact/hooks'

interface CopyButtonProps {
  readonly text: () => string
  readonly label: string
}

const toldMilliseconds = 2000

export function CopyButton({ text, label }: CopyButtonProps) {
  const [told, setTold] = useState<'copied' | 'not allowed' | null>(null)
  useEffect(() => {
    if (told === null) return
    const timer = setTimeout(() => setTold(null), toldMilliseconds)
    return () => clearTimeout(timer)
  }, [told])
  const copy = () => {
    navigator.clipboard.writeText(text()).then(
      () => setTold('copied'),
      () => setTold('not allowed'),
    )
  }
  return (
    <button type="button" class="quiet" onClick={copy}>
      <span aria-live="polite">
        {told === null ? label : told === 'copied' ? 'Copied' : 'Copying is not allowed here'}
      </span>
    </button>
  )
}
