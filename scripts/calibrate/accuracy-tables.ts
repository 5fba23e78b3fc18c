/** Tables of the accuracy page. */
import { foldKinds } from '../../src/accuracy/folds.ts'
import type { ErrorStatistics } from '../../src/accuracy/score.ts'
import type { Bar } from './accuracy-bars.ts'
import { errorText, percent, signed, table } from './accuracy-markdown.ts'
import type { AccuracyReport } from './accuracy-report.ts'
import { kindText } from './accuracy-slices.ts'

const mark = (met: boolean | null) => (met === null ? 'not measured here' : met ? 'met' : '**missed**')

function limitText({ direction, bar, excellent }: Bar): string {
  if (direction === 'between') return `${percent(bar, 0)} ± 5`
  const sign = direction === 'at most' ? '≤' : '≥'
  return `${sign} ${percent(bar, Math.round(1000 * bar) % 10 === 0 ? 0 : 1)}${excellent === null ? '' : ` (${percent(excellent, 0)})`}`
}

export function barTable(bars: readonly Bar[]): string {
  return table(
    ['what', 'held out', 'n', 'statistic', 'bar (excellent)', 'reached', '', 'beside'],
    bars.map(bar => [
      bar.what,
      bar.how,
      bar.n ?? '–',
      bar.statistic,
      limitText(bar),
      bar.reached === null ? '–' : percent(bar.reached),
      bar.excellentMet ? 'met, excellent' : mark(bar.met),
      bar.beside ?? '',
    ]),
  )
}

export function sliceTable({ slices }: AccuracyReport): string {
  return table(
    ['what', 'n', ...foldKinds.map(kind => kindText[kind]), 'configuration groups, without row rules'],
    slices.map(({ title, clean, allRows }) => [
      title,
      clean.configuration?.n ?? 0,
      ...foldKinds.map(kind => errorText(clean[kind])),
      allRows.configuration?.n === clean.configuration?.n
        ? 'the same rows'
        : `${errorText(allRows.configuration)} (n ${allRows.configuration?.n ?? 0})`,
    ]),
  )
}

export function unfittedTable({ unfitted }: AccuracyReport): string {
  return table(
    ['what', 'measurements', 'mean / median / p90', 'bias', 'distinct questions', 'mean / median / p90'],
    unfitted.map(({ title, rows, questions }) => [
      title,
      rows.n,
      errorText(rows),
      signed(rows.bias),
      questions.n,
      errorText(questions),
    ]),
  )
}

export function percentileTable({ percentiles }: AccuracyReport): string {
  return table(
    ['latency', 'mode', 'percentile', 'n', 'median error', 'bias', 'percentile ÷ mean: median error', 'bias'],
    percentiles.map(({ metric, mode, percentile, errors, spread }) => [
      metric,
      mode,
      percentile,
      errors.n,
      percent(errors.median),
      signed(errors.bias),
      spread === null ? '–' : percent(spread.median),
      spread === null ? '–' : signed(spread.bias),
    ]),
  )
}

export function wallPowerTable({ wallPower }: AccuracyReport): string {
  if (wallPower === null) return 'No rows.'
  return table(
    [
      'system',
      'model',
      'scenario',
      'wall W measured',
      'predicted',
      'boards W',
      'node ÷ boards',
      'J/token measured',
      'predicted',
    ],
    wallPower.rows.map(row => [
      `${row.system}${row.limited ? ' (power limit lowered)' : ''}`,
      row.model,
      row.scenario,
      row.measuredWatts.toFixed(0),
      row.predictedWatts.toFixed(0),
      row.boardWatts.toFixed(0),
      `×${row.nodeFactor.toFixed(2)}`,
      row.measuredJoules.toPrecision(3),
      row.predictedJoules.toPrecision(3),
    ]),
  )
}

export function replayTable({ replays }: AccuracyReport): string {
  return table(
    ['run', 'requests', 'mean TPOT', 'mean TTFT', 'mean end to end'],
    replays.map(({ model, accelerator, requests, mean }) => [
      `${model} on ${accelerator}`,
      requests,
      `${signed(mean.tpot, 1)} %`,
      `${signed(mean.ttft, 1)} %`,
      `${signed(mean.e2e, 1)} %`,
    ]),
  )
}

export function cellTable({ cells }: AccuracyReport): string {
  const short = (s: ErrorStatistics | undefined) =>
    s === undefined ? '' : `${percent(s.median, 0)} (${signed(s.bias)})`
  return table(
    ['model', 'accelerator', 'engine', 'mode', 'spec.', 'n', 'TPOT', 'TTFT', 'tok/s/GPU', 'J/token'],
    cells.map(({ model, accelerator, engine, mode, speculation, n, metrics: m }) => [
      model,
      accelerator,
      engine,
      mode === 'aggregated' ? 'agg' : 'disagg',
      speculation ? 'MTP' : '',
      n,
      short(m.tpot),
      short(m.ttft),
      short(m.throughput_per_gpu),
      short(m.joules_per_output_token),
    ]),
  )
}

export function regretTable({ regret }: AccuracyReport): string {
  return table(
    [
      'file',
      'held out',
      'decisions',
      'feasibility known: mean / median / p90',
      'feasibility predicted, loaded to the limit: mean / median / p90 (first choice impossible)',
      'random choice, mean',
      'rank correlation',
      '$ per million tokens, best (median)',
      'lost (mean)',
      'lost of each dollar',
    ],
    regret.map(({ file, kind, regret: r, dollars }) => [
      file,
      kindText[kind],
      r.n,
      `${percent(r.feasibleKnown.mean)} / ${percent(r.feasibleKnown.median)} / ${percent(r.feasibleKnown.p90)}`,
      `${percent(r.configuration.mean)} / ${percent(r.configuration.median)} / ${percent(r.configuration.p90)} (${percent(r.configuration.impossibleShare, 0)})`,
      percent(r.random.mean, 0),
      r.spearman.mean.toFixed(2),
      dollars === null ? '–' : dollars.bestMedian.toPrecision(2),
      dollars === null ? '–' : dollars.lostMean.toPrecision(2),
      dollars === null ? '–' : percent(dollars.lostShare),
    ]),
  )
}

export function marginTable({ regret }: AccuracyReport): string {
  return table(
    [
      'file',
      'margin',
      'planned load misses the limit',
      'regret of configuration and load: mean / median',
      'of the configuration alone: mean / median',
    ],
    regret
      .filter(line => line.kind === 'configuration')
      .flatMap(({ file, regret: r }) =>
        r.planned.map(plan => [
          file,
          percent(plan.margin, 0),
          percent(plan.missedShare, 0),
          `${percent(plan.mean)} / ${percent(plan.median)}`,
          `${percent(plan.loaded.mean)} / ${percent(plan.loaded.median)}`,
        ]),
      ),
  )
}

export function noiseTable({ noise }: AccuracyReport): string {
  return table(
    ['pairs of the same configuration, lengths and load', 'metric', 'pairs', 'median', 'mean', 'p90'],
    noise.map(line => [
      line.what,
      line.metric,
      line.pairs,
      percent(line.median),
      percent(line.mean),
      percent(line.p90),
    ]),
  )
}

/** Rows: causes; columns: slices. */
export function decompositionTable({ decompositions }: AccuracyReport): string {
  const causes = decompositions[0]?.factors.map(factor => factor.factor) ?? []
  const cell = (mean: number, median: number) => `${percent(mean)} / ${percent(median)}`
  return table(
    ['one factor known for each', ...decompositions.map(d => d.slice)],
    [
      ['nothing (as predicted)', ...decompositions.map(d => cell(d.mean, d.median))],
      ...causes.map((cause, index) => [
        cause,
        ...decompositions.map(d => cell(d.factors[index]!.mean, d.factors[index]!.median)),
      ]),
    ],
  )
}

/** The levels that hold most of a slice's error. */
export function worstLevelTable({ decompositions }: AccuracyReport): string {
  const leastShare = 0.2
  return table(
    ['slice', 'of all its error', 'comes from', 'n', 'mean / median', 'bias'],
    decompositions.flatMap(d =>
      d.levels
        .filter(level => level.shareOfError >= leastShare && level.shareOfError > (1.15 * level.n) / d.n)
        .map(level => [
          d.slice,
          percent(level.shareOfError, 0),
          `${level.factor}: ${level.level}`,
          level.n,
          `${percent(level.mean)} / ${percent(level.median)}`,
          signed(level.bias),
        ]),
    ),
  )
}

export function rowTables({ coverage }: AccuracyReport): string {
  return coverage.files
    .map(
      file =>
        `**${file.file}** (${file.fitted ? 'the fit learns from it' : 'not fitted'}): ${file.rows} rows, ${file.distinct} distinct, ${file.predicted} predicted (${percent(file.share)} of those that state what ran), ${file.clean} trusted.\n\n${table(
          ['why', 'rows'],
          file.reasons.map(({ reason, rows }) => [reason, rows]),
        )}`,
    )
    .join('\n\n')
}
