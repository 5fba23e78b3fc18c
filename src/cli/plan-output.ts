/** Where a plan goes: standard output, one page, a folder. */

import { parseCount } from '../core/parse-quantity.ts'
import { renderPlanCsv } from '../report/plan-csv.ts'
import { renderPlanHtml } from '../report/plan-html.ts'
import { renderPlanJson } from '../report/plan-json.ts'
import type { PlanReport, ReportFile } from '../report/plan-report.ts'
import { defaultTextOptions, renderPlanText } from '../report/plan-text.ts'
import { saveDirectory, saveFile } from '../report/save-directory-file.ts'
import type { PlanFlags } from './plan-flags.ts'
import { NoFeasibleConfiguration } from './report-fault.ts'
import { terminalStyle, terminalWidth } from './terminal.ts'

/** Files first: when one cannot be written, nothing is printed that looks like success. */
export function writePlan(report: PlanReport, flags: PlanFlags): void {
  const top = flags.top === undefined ? undefined : parseCount(flags.top, '--top')
  const feasible = report.result.ranking.length > 0
  const written: string[] = []
  if (flags.html !== undefined) {
    saveFile(flags.html, renderPlanHtml(report))
    written.push(flags.html)
  }
  if (flags.saveDir !== undefined && feasible) {
    const files = saveDirectory(flags.saveDir, savedFiles(report), { force: flags.force ?? false })
    written.push(`${flags.saveDir} (${files.length} files)`)
  }
  process.stdout.write(printed(report, flags, top))
  if (written.length > 0) process.stderr.write(`written: ${written.join(', ')}\n`)
  if (!feasible) {
    const saved = flags.saveDir === undefined ? '' : `; nothing is written to ${flags.saveDir}`
    throw new NoFeasibleConfiguration(
      `no feasible configuration for ${report.result.modelId}${saved}`,
      report.result.binding[0]?.relaxation ?? null,
    )
  }
}

function printed(report: PlanReport, flags: PlanFlags, top: number | undefined): string {
  if (flags.json) return renderPlanJson(report, top)
  if (flags.csv) return renderPlanCsv(report, top)
  return renderPlanText(report, {
    width: terminalWidth(),
    top: top ?? defaultTextOptions.top,
    style: terminalStyle(),
    ...(flags.saveDir === undefined ? {} : { savedTo: flags.saveDir }),
  })
}

function savedFiles(report: PlanReport): ReportFile[] {
  return [
    ...report.files,
    { path: 'report/plan.txt', text: renderPlanText(report), executable: false },
    { path: 'report/plan.json', text: renderPlanJson(report), executable: false },
    { path: 'report/plan.csv', text: renderPlanCsv(report), executable: false },
    { path: 'report/plan.html', text: renderPlanHtml(report), executable: false },
  ]
}
