/** Which model: a name out of the catalog with search, or a config.json brought along. */
import { useEffect, useId, useMemo, useState } from 'preact/hooks'
import type { CatalogModel } from '../../src/catalog/types.ts'
import { formatLarge } from '../../src/report/format-number.ts'
import { FileButton } from '../parts/fields.tsx'

interface ModelFieldProps {
  readonly models: readonly CatalogModel[]
  readonly value: string
  readonly ownConfig: boolean
  readonly onModel: (name: string) => void
  readonly onConfig: (name: string, text: string) => void
}

/** A combobox as the ARIA Authoring Practices describe it: the field keeps the focus, arrows move in the list. */
export function ModelField({ models, value, ownConfig, onModel, onConfig }: ModelFieldProps) {
  const id = useId()
  const [text, setText] = useState(value)
  const [open, setOpen] = useState(false)
  const [active, setActive] = useState(0)
  useEffect(() => setText(value), [value])
  const found = useMemo(() => search(models, text === value ? '' : text), [models, text, value])
  const choose = (name: string) => {
    setOpen(false)
    setText(name)
    if (name !== value || ownConfig) onModel(name)
  }
  const key = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      setOpen(true)
      const step = event.key === 'ArrowDown' ? 1 : -1
      setActive(open ? (active + step + found.length) % Math.max(1, found.length) : 0)
    } else if (event.key === 'Enter') {
      event.preventDefault()
      choose(open ? (found[active]?.id ?? text) : text)
    } else if (event.key === 'Escape') {
      setOpen(false)
      setText(value)
    }
  }
  return (
    <div class="field model">
      <label for={id}>Model</label>
      <input
        id={id}
        role="combobox"
        aria-expanded={open}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={open && found[active] ? `${id}-${active}` : undefined}
        autocomplete="off"
        spellcheck={false}
        value={text}
        onFocus={event => event.currentTarget.select()}
        onClick={() => setOpen(true)}
        onInput={event => {
          setText(event.currentTarget.value)
          setActive(0)
          setOpen(true)
        }}
        onKeyDown={key}
        onBlur={() => {
          setOpen(false)
          setText(value)
        }}
      />
      <div id={`${id}-list`} role="listbox" aria-label="Models" class="listbox" hidden={!open}>
        {found.map((model, index) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus and names the active option
          <div
            key={model.id}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            onPointerDown={event => {
              event.preventDefault()
              choose(model.id)
            }}
          >
            <span>{model.id}</span>
            <span class="soft">{sizeOf(model)}</span>
          </div>
        ))}
        {found.length === 0 ? <p class="soft">Nothing of that name. A config.json does as well.</p> : null}
      </div>
      <p class="hint">
        {ownConfig
          ? 'A config.json of yours; it stays in this page and in its link. '
          : 'Or drop a config.json on this page. '}
        <FileButton label="Choose file" accept=".json,application/json" onFile={onConfig} />
      </p>
    </div>
  )
}

/** Every word of the query stands in the name or an alias. */
function search(models: readonly CatalogModel[], query: string): CatalogModel[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  return models.filter(({ id, aliases }) => {
    const names = [id, ...aliases].join(' ').toLowerCase()
    return words.every(word => names.includes(word))
  })
}

function sizeOf({
  publishedTotalParameters: total,
  publishedActiveParameters: active,
}: CatalogModel): string {
  if (total === null) return ''
  const size = (count: number) =>
    formatLarge(count)
      .replace(/\.?0+(?=[A-Z])/, '')
      .replace('G', 'B')
  return active === null || active === total ? size(total) : `${size(total)}, ${size(active)} active`
}
