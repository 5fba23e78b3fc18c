/** A folder or files brought by hand, for those who do not drag. */
import { useEffect, useRef } from 'preact/hooks'
import { type BroughtFile, chosenFiles } from './brought-runs.ts'

interface BringButtonsProps {
  readonly onFiles: (files: readonly BroughtFile[]) => void
}

export function BringButtons({ onFiles }: BringButtonsProps) {
  return (
    <>
      <BringButton label="Bring a folder" folder onFiles={onFiles} />
      <BringButton label="Bring files" folder={false} onFiles={onFiles} />
    </>
  )
}

interface BringButtonProps extends BringButtonsProps {
  readonly label: string
  readonly folder: boolean
}

function BringButton({ label, folder, onFiles }: BringButtonProps) {
  const input = useRef<HTMLInputElement>(null)
  // Not in the types of JSX, but in every browser.
  useEffect(() => {
    if (input.current) input.current.webkitdirectory = folder
  }, [folder])
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        accept={folder ? undefined : '.json,.jsonl,.txt'}
        hidden
        data-brings={folder ? 'folder' : 'files'}
        onChange={event => {
          const field = event.currentTarget
          if (field.files && field.files.length > 0) onFiles(chosenFiles(field.files))
          field.value = ''
        }}
      />
      <button type="button" class="quiet" onClick={() => input.current?.click()}>
        {label}
      </button>
    </>
  )
}
