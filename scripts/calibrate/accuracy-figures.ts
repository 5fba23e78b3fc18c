/** Figures of the accuracy page as SVG files. */
import type { HeldOutByKind } from '../../src/accuracy/error-bands.ts'
import { coverageFigure } from './accuracy-figure-coverage.ts'
import { figureFile } from './accuracy-figure-frame.ts'
import { heatTable } from './accuracy-figure-heat.ts'
import { regretFigure } from './accuracy-figure-regret.ts'
import { scatterPanels } from './accuracy-figure-scatter.ts'
import type { PageFigure } from './accuracy-page.ts'
import type { AccuracyReport } from './accuracy-report.ts'

export interface AccuracyFigure extends PageFigure {
  readonly name: 'predicted' | 'heat' | 'coverage' | 'regret'
  readonly svg: string
}

export function accuracyFigures(report: AccuracyReport, held: HeldOutByKind): AccuracyFigure[] {
  return [
    {
      name: 'predicted',
      file: 'accuracy-predicted-measured.svg',
      caption: 'Predicted against measured TPOT, TTFT and throughput, held out by configuration group',
      svg: figureFile(scatterPanels(held.configuration)),
    },
    {
      name: 'heat',
      file: 'accuracy-by-cell.svg',
      caption: 'Median TPOT error by model, accelerator and engine',
      svg: figureFile(heatTable(held.configuration)),
    },
    {
      name: 'coverage',
      file: 'accuracy-coverage.svg',
      caption: 'Share of held-out rows inside the 80 % bands',
      svg: figureFile(coverageFigure(report)),
    },
    {
      name: 'regret',
      file: 'accuracy-regret.svg',
      caption: 'How often the recommended configuration costs how much more than the best one',
      svg: figureFile(regretFigure(held)),
    },
  ]
}
