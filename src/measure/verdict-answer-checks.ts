/** Were enough requests answered, with as many tokens as were asked for, and does everybody agree on how many? */

import { mlperfSample, smallestSample } from './percentile-interval.ts'
import type { TokenAccount } from './token-account.ts'
import type { VerdictCheck } from './verdict.ts'
import { smallEnough, whole, worstFirst } from './verdict-check.ts'
import type { VerdictEvidence } from './verdict-evidence.ts'
import * as limits from './verdict-limits.ts'

export function answerChecks(evidence: VerdictEvidence): VerdictCheck[] {
  return [
    errors(evidence),
    sampleSize(evidence),
    outputLength(evidence),
    promptLength(evidence),
    tokenMismatch(evidence),
    serverRestart(evidence),
  ].filter(check => check !== null)
}

function errors({ requests }: VerdictEvidence): VerdictCheck {
  const { measured, served, rejected, failed, unfinished } = requests
  if (measured === 0 || served === 0) {
    return {
      check: 'errors',
      level: 'invalid',
      value: measured === 0 ? null : (rejected + failed) / measured,
      limit: limits.errorShare.invalid,
      unit: 'share of requests',
      finding:
        measured === 0 ? 'No request was measured.' : `None of ${whole(measured)} requests was served.`,
      fix: 'See the reasons of failures; try one request by hand.',
    }
  }
  const share = (rejected + failed) / measured
  const open = unfinished > 0 ? `; ${whole(unfinished)} were not over at the end` : ''
  return smallEnough('errors', share, limits.errorShare, 'share of requests', {
    finding: `${whole(rejected + failed)} of ${whole(measured)} requests were rejected or failed${open}.`,
    fix: 'See the reasons of failures, and read the percentiles with errors as infinitely late.',
  })
}

/**
 * Objectives rest on percentiles, so these need MLPerf's sample (p99: 662) not to be suspect, and at least 1/(1 − q) requests, of
 * which one is expected beyond, to mean anything. Of other percentiles it is enough that their interval has an upper end (p99:
 * 368). Told is the worst of them.
 */
function sampleSize({ requests: { served }, percentiles }: VerdictEvidence): VerdictCheck | null {
  // Of nothing served, the check of errors tells.
  if (served === 0) return null
  const checks = percentiles.map(({ q, objective }): VerdictCheck => {
    const wanted = objective ? mlperfSample(q) : smallestSample(q)
    const least = Math.round(1 / (1 - q))
    const level = served >= wanted ? 'valid' : objective && served < least ? 'invalid' : 'suspect'
    const name = `p${Number((q * 100).toFixed(3))}`
    return {
      check: 'sample-size',
      level,
      value: served,
      limit: wanted,
      unit: 'requests',
      finding:
        level === 'valid'
          ? `${whole(served)} requests were served; ${name} wants ${whole(wanted)}.`
          : `${whole(served)} requests were served, too few for ${name}, which wants ${whole(wanted)}.`,
      fix: level === 'valid' ? '' : `Send at least ${whole(wanted)} requests, or look at a lower percentile.`,
    }
  })
  // Of equal levels the one that wants most.
  return worstFirst(checks.toSorted((a, b) => b.limit! - a.limit!))[0] ?? null
}

function outputLength({ lengths }: VerdictEvidence): VerdictCheck | null {
  const { outputRequests, askedOutputTokens: asked, obtainedOutputTokens: obtained } = lengths
  if (outputRequests === 0 || asked === 0) return null
  const deviation = obtained / asked - 1
  return smallEnough(
    'output-length',
    Math.abs(deviation),
    limits.lengthDeviation,
    'share of tokens asked for',
    {
      finding: `Answers had ${whole(obtained / outputRequests)} tokens on average of ${whole(asked / outputRequests)} asked for.`,
      fix:
        deviation < 0
          ? 'Answers ended early: force their length (ignore_eos, min_tokens) where the server can, or compare only with runs of these lengths.'
          : 'The server ignores max_tokens: check the name of the field for this endpoint.',
    },
  )
}

function promptLength({ lengths }: VerdictEvidence): VerdictCheck | null {
  const { inputRequests, askedInputTokens: asked, obtainedInputTokens: obtained } = lengths
  if (inputRequests === 0 || asked === 0) return null
  const surplus = (obtained - asked) / inputRequests
  // A chat template adds a little; what it adds within reason is no mismatch.
  const excess = surplus > 0 ? Math.max(0, surplus - limits.templateTokens) : -surplus
  const deviation = (excess * inputRequests) / asked
  return smallEnough('prompt-length', deviation, limits.lengthDeviation, 'share of tokens asked for', {
    finding: `Prompts had ${whole(obtained / inputRequests)} tokens on average of ${whole(asked / inputRequests)} asked for.`,
    fix: "Give the model's tokenizer, so that prompts are cut to length with it.",
  })
}

/** The worst of: the engine's counters, the client's tokenizer, answers without usage. */
function tokenMismatch({ tokens }: VerdictEvidence): VerdictCheck | null {
  if (tokens === null) return null
  const checks = [counters(tokens), tokenizer(tokens), withoutUsage(tokens)].filter(check => check !== null)
  return worstFirst(checks)[0] ?? null
}

function counters({ counters }: TokenAccount): VerdictCheck | null {
  if (counters === null || counters.resetSeen || counters.rows.length === 0) return null
  const share = ({ residual, client }: (typeof counters.rows)[number]) =>
    residual === 0 ? 0 : Math.abs(residual) / Math.max(1, client)
  const worst = counters.rows.toSorted((a, b) => share(b) - share(a))[0]!
  const deviation = share(worst)
  const { invalid } = limits.counterDeviation
  const level = counters.reconciles ? 'valid' : deviation > invalid ? 'invalid' : 'suspect'
  return {
    check: 'token-mismatch',
    level,
    value: deviation,
    limit: level === 'invalid' ? invalid : 0,
    unit: `share of ${worst.name}`,
    finding: counters.reconciles
      ? "The engine's own counters agree with what its answers said."
      : `The engine counted ${whole(worst.server)} ${worst.name}, its answers to this client say ${whole(worst.client)}${counters.explanation === '' ? '' : `: ${counters.explanation}`}`,
    fix:
      level === 'valid'
        ? ''
        : 'Keep other traffic away from the server, and read the metrics of every replica behind the address.',
  }
}

function tokenizer({ server, client }: TokenAccount): VerdictCheck | null {
  if (client.tokens === null || server.outputTokens === 0) return null
  const deviation = Math.abs(client.tokens / server.outputTokens - 1)
  return smallEnough('token-mismatch', deviation, limits.tokenizerDeviation, 'share of output tokens', {
    finding: `The server reported ${whole(server.outputTokens)} output tokens, the tokenizer ${client.tokenizer ?? 'of the client'} counts ${whole(client.tokens)}.`,
    fix: "Use the model's own tokenizer; where it is the right one, ask what the server counts.",
  })
}

function withoutUsage({ server, requestsWithoutUsage }: TokenAccount): VerdictCheck | null {
  const answered = server.requests + requestsWithoutUsage
  if (answered === 0) return null
  const share = requestsWithoutUsage / answered
  return smallEnough('token-mismatch', share, limits.withoutUsageShare, 'share of answers', {
    finding: `${whole(requestsWithoutUsage)} of ${whole(answered)} answers did not say how many tokens they had.`,
    fix: 'Ask for usage (stream_options.include_usage), or give a tokenizer.',
  })
}

function serverRestart({ tokens }: VerdictEvidence): VerdictCheck | null {
  if (tokens === null || tokens.counters === null) return null
  const { resetSeen, engine } = tokens.counters
  return {
    check: 'server-restart',
    level: resetSeen ? 'invalid' : 'valid',
    value: resetSeen ? 1 : 0,
    limit: 0,
    unit: 'resets',
    finding: resetSeen
      ? `Counters of ${engine} ran backwards: it was restarted during the measurement.`
      : `Counters of ${engine} never ran backwards.`,
    fix: resetSeen ? 'Find out why the server restarted, and measure again.' : '',
  }
}
