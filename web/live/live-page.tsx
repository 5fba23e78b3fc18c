/** Live: what the gateway that serves this page does now, what it costs, and why. */
import { useState } from 'preact/hooks'
import type { PageProps } from '../app.tsx'
import { Empty, Failure, Pending } from '../parts/states.tsx'
import { Budgets, Reconciliation, Savings } from './books.tsx'
import { ByName } from './by-name.tsx'
import { keepToken } from './control-client.ts'
import { Now } from './now.tsx'
import { Places } from './places.tsx'
import { Requests } from './requests.tsx'
import { useLive } from './use-live.ts'
import './live.css'

export function LivePage({ params }: PageProps) {
  const [attempt, setAttempt] = useState(0)
  const state = useLive(attempt)
  switch (state.kind) {
    case 'asking':
      return <Pending words="asking the gateway" />
    case 'alone':
      return <Alone />
    case 'refused':
      return <Failure fault={{ code: 'usage', message: state.message }} />
    case 'token':
      return (
        <TokenForm
          wasWrong={state.wasWrong}
          onToken={text => {
            keepToken(text)
            setAttempt(attempt + 1)
          }}
        />
      )
    case 'live':
      return (
        <div class="live" data-live={state.lost ? 'lost' : 'now'}>
          <Now snapshot={state.snapshot} lost={state.lost} />
          <ByName params={params} cost={state.snapshot.cost} />
          <Places snapshot={state.snapshot} />
          <Requests params={params} snapshot={state.snapshot} />
          <div class="figures">
            <Reconciliation ledgerFault={state.snapshot.ledgerFault} />
            <Savings savings={state.snapshot.cost.savings} />
          </div>
          <Budgets />
        </div>
      )
  }
}

function Alone() {
  return (
    <div data-live="alone">
      <h1>Live</h1>
      <Empty>
        This page shows what a gateway does now: cost per token by model, tenant and deployment, where each
        request went and why, and whether the books add up. No gateway is behind it here.
      </Empty>
      <p>
        It is served by a gateway: <code>tokenwright gateway --demo</code> starts one with two emulated
        engines and prints the page’s address; a gateway of yours serves it on its control port.
      </p>
    </div>
  )
}

interface TokenFormProps {
  readonly wasWrong: boolean
  readonly onToken: (text: string) => void
}

function TokenForm({ wasWrong, onToken }: TokenFormProps) {
  const [text, setText] = useState('')
  return (
    <form
      class="token"
      onSubmit={event => {
        event.preventDefault()
        if (text.trim() !== '') onToken(text.trim())
      }}
    >
      <h1>Live</h1>
      <p>
        This gateway wants the token of its control plane. It is kept in this tab only, until it is closed.
      </p>
      {wasWrong ? (
        <p class="bad" role="alert">
          The gateway did not take that token.
        </p>
      ) : null}
      <div class="field">
        <label for="control-token">Token (control.token of the configuration)</label>
        <input
          id="control-token"
          type="password"
          autocomplete="off"
          value={text}
          onInput={event => setText(event.currentTarget.value)}
        />
      </div>
      <button type="submit">Show</button>
    </form>
  )
}
