/** From events of a stream to bytes: at once, or with a fault on the way. */
import type { HttpFault } from '../fault-spec.ts'
import type { ByteSink } from './byte-sink.ts'

export interface Wire {
  /** Events of so many tokens (0: none) that were due at plannedUs. */
  send(text: string, plannedUs: number, tokens: number): void
  end(): void
  /** true when a fault ended the answer early: nothing that follows goes out. */
  readonly broken: boolean
}

export interface WireHooks {
  /** Tokens were handed to the socket just now. */
  readonly written: (plannedUs: number, tokens: number) => void
  /** A fault ended the answer: whoever makes it may stop. */
  readonly broke: () => void
  /** Events that tell of an injected error, and end the stream. */
  readonly failure: () => string
  /** Calls back after so much run time. */
  readonly later: (milliseconds: number, action: () => void) => void
}

export function createWire(sink: ByteSink, fault: HttpFault | null, hooks: WireHooks): Wire {
  switch (fault?.kind) {
    case 'reset-after':
    case 'error-event':
      return breakingWire(sink, fault, hooks)
    case 'stall':
      return stallingWire(sink, fault, hooks)
    case 'malformed':
      return cuttingWire(sink, fault.after, hooks)
    case 'drip':
      return drippingWire(sink, fault, hooks)
    default:
      return plainWire(sink, hooks)
  }
}

function plainWire(sink: ByteSink, hooks: WireHooks): Wire {
  return {
    broken: false,
    send(text, plannedUs, tokens) {
      sink.write(text)
      if (tokens > 0) hooks.written(plannedUs, tokens)
    },
    end: () => sink.end(),
  }
}

type BreakingFault = Extract<HttpFault, { kind: 'reset-after' | 'error-event' }>

function breakingWire(sink: ByteSink, fault: BreakingFault, hooks: WireHooks): Wire {
  const plain = plainWire(sink, hooks)
  let left = fault.after
  let broken = false
  const breakOff = () => {
    broken = true
    if (fault.kind === 'reset-after') sink.reset()
    else {
      sink.write(hooks.failure())
      sink.end()
    }
    hooks.broke()
  }
  return {
    get broken() {
      return broken
    },
    send(text, plannedUs, tokens) {
      if (broken) return
      if (tokens > 0 && left === 0) {
        breakOff()
        return
      }
      plain.send(text, plannedUs, tokens)
      if (tokens === 0) return
      left--
      if (left === 0 && fault.kind === 'reset-after') breakOff()
    },
    end() {
      // An answer of fewer chunks breaks at its end.
      if (!broken) breakOff()
    },
  }
}

function stallingWire(sink: ByteSink, fault: Extract<HttpFault, { kind: 'stall' }>, hooks: WireHooks): Wire {
  const plain = plainWire(sink, hooks)
  let left = fault.after
  let held: (() => void)[] | null = null
  let over = false
  const pass = (action: () => void) => {
    if (held === null) action()
    else held.push(action)
  }
  return {
    broken: false,
    send(text, plannedUs, tokens) {
      if (!over && held === null && left === 0 && tokens > 0) {
        held = []
        hooks.later(fault.ms, () => {
          const waiting = held ?? []
          held = null
          over = true
          for (const action of waiting) action()
        })
      }
      if (tokens > 0 && left > 0) left--
      pass(() => plain.send(text, plannedUs, tokens))
    },
    end: () => pass(() => plain.end()),
  }
}

function cuttingWire(sink: ByteSink, after: number, hooks: WireHooks): Wire {
  const plain = plainWire(sink, hooks)
  let left = after
  return {
    broken: false,
    send(text, plannedUs, tokens) {
      const cut = tokens > 0 && left-- === 0
      plain.send(cut ? cutLastEvent(text) : text, plannedUs, tokens)
    },
    end: () => plain.end(),
  }
}

/** Half of the last event's data, so that what stood before it stays whole. */
function cutLastEvent(text: string): string {
  const start = text.lastIndexOf('data: ')
  return `${text.slice(0, start + ((text.length - start) >> 1))}\n\n`
}

function drippingWire(sink: ByteSink, fault: Extract<HttpFault, { kind: 'drip' }>, hooks: WireHooks): Wire {
  const queue: { text: string; readonly plannedUs: number; readonly tokens: number }[] = []
  let dripping = false
  let ended = false
  const drip = () => {
    const first = queue[0]
    if (first === undefined) {
      dripping = false
      if (ended) sink.end()
      return
    }
    sink.write(first.text.slice(0, fault.bytes))
    first.text = first.text.slice(fault.bytes)
    if (first.text === '') {
      queue.shift()
      if (first.tokens > 0) hooks.written(first.plannedUs, first.tokens)
    }
    hooks.later(fault.ms, drip)
  }
  const start = () => {
    if (dripping) return
    dripping = true
    drip()
  }
  return {
    broken: false,
    send(text, plannedUs, tokens) {
      queue.push({ text, plannedUs, tokens })
      start()
    },
    end() {
      ended = true
      start()
    },
  }
}
