/** The fields of a question. Each is a label, a control of the platform, and nothing that only a mouse can use. */
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'

interface FieldProps {
  readonly label: string
  readonly hint?: string
  readonly children: (id: string) => ComponentChildren
}

export function Field({ label, hint, children }: FieldProps) {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(id)}
      {hint ? <p class="hint">{hint}</p> : null}
    </div>
  )
}

interface SliderProps {
  readonly label: string
  readonly value: number
  readonly minimum: number
  readonly maximum: number
  /** Values grow by a factor instead of by steps. */
  readonly logarithmic?: boolean
  readonly step?: number
  /** Beside the number field. */
  readonly unit: string
  readonly hint?: string
  readonly onChange: (value: number) => void
}

/** Positions of a logarithmic slider. */
const positions = 200

/** A slider for looking around, and a number field for saying exactly. */
export function Slider(props: SliderProps) {
  const { label, value, minimum, maximum, logarithmic = false, step = 1, unit, hint, onChange } = props
  const toPosition = (v: number) => (Math.log(v / minimum) / Math.log(maximum / minimum)) * positions
  const fromPosition = (p: number) => roundNicely(minimum * (maximum / minimum) ** (p / positions))
  const within = Math.min(maximum, Math.max(minimum, value))
  return (
    <Field label={label} {...(hint ? { hint } : {})}>
      {id => (
        <div class="slider">
          <input
            type="range"
            aria-label={`${label}, slider`}
            aria-valuetext={`${value} ${unit}`}
            min={logarithmic ? 0 : minimum}
            max={logarithmic ? positions : maximum}
            step={logarithmic ? 1 : step}
            value={logarithmic ? toPosition(within) : within}
            onInput={event => {
              const moved = Number(event.currentTarget.value)
              onChange(logarithmic ? fromPosition(moved) : moved)
            }}
          />
          <NumberInput id={id} value={value} onChange={onChange} />
          <span class="unit">{unit}</span>
        </div>
      )}
    </Field>
  )
}

/** Two significant digits: what a slider can honestly mean. */
function roundNicely(value: number): number {
  return Number(value.toPrecision(2))
}

interface NumberInputProps {
  readonly id: string
  readonly value: number
  readonly onChange: (value: number) => void
}

/** Takes effect when it is left or Enter is pressed: half-written numbers are no questions. */
function NumberInput({ id, value, onChange }: NumberInputProps) {
  const [text, setText] = useState(String(value))
  useEffect(() => setText(String(value)), [value])
  const done = () => {
    const number = Number(text.replaceAll(',', ''))
    if (Number.isFinite(number) && text.trim() !== '' && number !== value) onChange(number)
    else setText(String(value))
  }
  return (
    <input
      id={id}
      class="number"
      inputMode="decimal"
      value={text}
      onInput={event => setText(event.currentTarget.value)}
      onBlur={done}
      onKeyDown={event => {
        if (event.key === 'Enter') done()
      }}
    />
  )
}

interface TextFieldProps {
  readonly label: string
  readonly value: string
  readonly placeholder?: string
  readonly hint?: string
  /** Takes effect with every letter, not when it is left. */
  readonly live?: boolean
  readonly onChange: (value: string) => void
}

export function TextField({ label, value, placeholder, hint, live = false, onChange }: TextFieldProps) {
  const [text, setText] = useState(value)
  useEffect(() => {
    if (text.trim() !== value) setText(value)
  }, [value])
  const done = () => {
    if (text.trim() !== value) onChange(text.trim())
  }
  return (
    <Field label={label} {...(hint ? { hint } : {})}>
      {id => (
        <input
          id={id}
          value={text}
          placeholder={placeholder}
          spellcheck={false}
          onInput={event => {
            setText(event.currentTarget.value)
            if (live) onChange(event.currentTarget.value.trim())
          }}
          onBlur={done}
          onKeyDown={event => {
            if (event.key === 'Enter') done()
          }}
        />
      )}
    </Field>
  )
}

interface ChoiceProps {
  readonly label: string
  readonly value: string
  readonly options: readonly (readonly [value: string, name: string])[]
  readonly onChange: (value: string) => void
}

export function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <Field label={label}>
      {id => (
        <select id={id} value={value} onChange={event => onChange(event.currentTarget.value)}>
          {options.map(([option, name]) => (
            <option key={option} value={option}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

interface CheckListProps {
  readonly legend: string
  readonly options: readonly (readonly [value: string, name: string])[]
  readonly chosen: readonly string[]
  readonly onChange: (chosen: string[]) => void
}

/** None chosen means all. */
export function CheckList({ legend, options, chosen, onChange }: CheckListProps) {
  return (
    <fieldset class="checks">
      <legend>{legend}</legend>
      {options.map(([value, name]) => (
        <label key={value}>
          <input
            type="checkbox"
            checked={chosen.includes(value)}
            onChange={event =>
              onChange(
                event.currentTarget.checked ? [...chosen, value] : chosen.filter(other => other !== value),
              )
            }
          />
          {name}
        </label>
      ))}
    </fieldset>
  )
}

interface CheckProps {
  readonly label: string
  readonly checked: boolean
  readonly onChange: (checked: boolean) => void
}

export function Check({ label, checked, onChange }: CheckProps) {
  return (
    <label class="check">
      <input type="checkbox" checked={checked} onChange={event => onChange(event.currentTarget.checked)} />
      {label}
    </label>
  )
}

interface FileButtonProps {
  readonly label: string
  readonly accept: string
  readonly onFile: (name: string, text: string) => void
}

export function FileButton({ label, accept, onFile }: FileButtonProps) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <input
        ref={input}
        type="file"
        accept={accept}
        class="hidden"
        tabIndex={-1}
        aria-hidden="true"
        onChange={async event => {
          const field = event.currentTarget
          const [file] = field.files ?? []
          if (file) onFile(file.name, await file.text())
          field.value = ''
        }}
      />
      <button type="button" class="quiet" onClick={() => input.current?.click()}>
        {label}
      </button>
    </>
  )
}
