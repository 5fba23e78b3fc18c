/** What a million tokens cost now, and the handful of numbers that say why. */

import type { LiveSnapshot } from '../../src/gateway/control/live-snapshot.ts'
import { formatSignificant, formatUsdPerMillionTokens } from '../../src/report/format-number.ts'
import { type KeyFigure, KeyFigures } from '../parts/key-figures.tsx'
import { agoText, millisecondsText, rateText, shareText } from './live-text.ts'

interface NowProps {
  readonly snapshot: LiveSnapshot
  readonly lost: boolean
}

export function Now({ snapshot, lost }: NowProps) {
  const { cost, inFlight } = snapshot
  const { total, seconds } = cost.windows['1m']
  const whole = total.usdPerMillionTokensWithIdle
  const price = whole ?? total.usdPerMillionTokens
  const robin = cost.savings.baselines.find(({ baseline }) => baseline === 'round-robin')
  const facts: readonly KeyFigure[] = [
    [
      'without idle',
      formatUsdPerMillionTokens(total.usdPerMillionTokens),
      expectationNote(total.expectedUseShare),
    ],
    [
      'requests/s',
      rateText(total.requestsPerSecond),
      `${rateText(total.goodputPerSecond)} within objectives`,
    ],
    [
      'output tokens/s',
      rateText(total.outputTokensPerSecond),
      `${rateText(total.tokensPerSecond)} with input`,
    ],
    ['in flight', String(inFlight), `mean wait ${millisecondsText(total.meanQueuedMs)}`],
    [
      'cache hits',
      shareText(total.cacheHitShare),
      `of prompt tokens; ${shareText(total.expectedCacheHitShare)} expected`,
    ],
    ['idle', shareText(cost.windows['10m'].total.idleShare), 'of own machines, 10 minutes’ closed intervals'],
    ['TTFT, mean', millisecondsText(total.meanTtftMs), `TPOT ${millisecondsText(total.meanTpotMs)}`],
    [
      'saved',
      shareText(robin?.savedShare ?? null),
      `against round robin, ${robin?.decisions ?? 0} decisions`,
    ],
  ]
  return (
    <section class="headline" aria-label="Now">
      <h1>Live</h1>
      <Notices snapshot={snapshot} lost={lost} />
      <p class="price">
        <strong>{formatUsdPerMillionTokens(price)}</strong> per million tokens,{' '}
        {whole === null ? 'as expected of the engines' : 'idle time included'}
      </p>
      <p class="soft">
        Last {Math.round(seconds)} s. Up for {agoText(cost.atMs - cost.startedMs)}, configuration{' '}
        <code>{snapshot.configDigest}</code>.
      </p>
      <KeyFigures figures={facts} />
    </section>
  )
}

/** Engine time is an expectation until its interval is closed, and may be said to be more than there is. */
function expectationNote(useShare: number | null): string {
  return useShare !== null && useShare > 1
    ? `expected too high: ${formatSignificant(useShare, 2)}× what machines cost`
    : 'per million tokens, as expected'
}

function Notices({ snapshot, lost }: NowProps) {
  return (
    <>
      {lost ? (
        <p class="warn" role="status">
          The gateway does not answer. These are its last figures; asking again.
        </p>
      ) : null}
      {snapshot.isDraining ? (
        <p class="warn" role="status">
          Draining: no new requests, those under way end.
        </p>
      ) : null}
      {snapshot.ledgerFault === null ? null : (
        <p class="bad" role="alert">
          The ledger cannot be written: {snapshot.ledgerFault}
        </p>
      )}
    </>
  )
}
