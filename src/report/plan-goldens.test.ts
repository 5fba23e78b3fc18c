import { describe, expect, test } from 'vitest'
import { withoutColour } from './display-width.ts'
import { infeasibleReportFixture, reportFixture } from './plan.fixture.ts'
import { renderPlanCsv } from './plan-csv.ts'
import { planHeadline } from './plan-headline.ts'
import { renderPlanHtml } from './plan-html.ts'
import { planSchemaVersion, renderPlanJson } from './plan-json.ts'
import { defaultTextOptions, renderPlanText } from './plan-text.ts'

/** Six significant digits: what differs beyond is arithmetic, not the report. */
function rounded(json: string): string {
  return json.replace(/-?\d+\.\d{7,}(e[-+]?\d+)?/g, digits => String(Number(Number(digits).toPrecision(6))))
}

describe('plan reports', () => {
  test('text, 120 columns', async () => {
    await expect(renderPlanText(reportFixture)).toMatchFileSnapshot('goldens/plan.txt')
  })

  test('text, nothing feasible', async () => {
    await expect(renderPlanText(infeasibleReportFixture)).toMatchFileSnapshot('goldens/plan-infeasible.txt')
  })

  test('JSON', async () => {
    await expect(rounded(renderPlanJson(reportFixture))).toMatchFileSnapshot('goldens/plan.json')
  })

  test('CSV', async () => {
    await expect(renderPlanCsv(reportFixture)).toMatchFileSnapshot('goldens/plan.csv')
  })

  test('HTML', async () => {
    await expect(renderPlanHtml(reportFixture)).toMatchFileSnapshot('goldens/plan.html')
  })
})

describe('plan text', () => {
  test.for([72, 80, 100, 120])('tables and sentences fit %i columns', width => {
    const text = renderPlanText(reportFixture, { ...defaultTextOptions, width })
    const benchmark = reportFixture.benchmarkCommand ?? ''
    const long = text
      .split('\n')
      .filter(line => line.trim() !== benchmark)
      .filter(line => [...withoutColour(line)].length > width)
    expect(long).toEqual([])
  })

  test('--top limits the rows', () => {
    const text = renderPlanText(reportFixture, { ...defaultTextOptions, top: 2 })
    expect(text).toContain('2 of 7 shapes shown')
  })
})

describe('wording', () => {
  const { result } = infeasibleReportFixture

  test('without an objective nothing is said to be within one', () => {
    const request = { ...result.request, objectives: [], requestsPerSecond: 40 }
    const headline = planHeadline({
      ...infeasibleReportFixture,
      result: { ...result, request, counts: { ...result.counts, considered: 1 } },
    })
    expect(headline).toMatch(/^No feasible configuration: the one deployment considered does not serve/)
    expect(headline).toContain('500 out) at 40.0 requests/s; what binds')
    expect(headline).not.toContain('within')
  })

  test('a price of 0 is said to be given', () => {
    const [first] = reportFixture.result.ranking
    const free = {
      ...first!,
      cost: { ...first!.cost, blended: 0, idle: 0 },
      costRate: {
        ...first!.costRate,
        nanoUsdPerHour: 0n,
        lines: first!.costRate.lines.map(line => ({ ...line, nanoUsdPerHour: 0n })),
      },
    }
    const report = { ...reportFixture, result: { ...reportFixture.result, ranking: [free] } }
    expect(planHeadline(report)).toContain('$0 (the price given is 0) per million tokens, TTFT')
    const text = renderPlanText(report)
    expect(text).toContain('nothing is paid: the price given is 0')
    expect(text).toContain('1 of 1 shape shown')
    expect(renderPlanHtml(report)).not.toContain('$0 to $0')
  })
})

describe('plan JSON', () => {
  test('lines of the bill add up to the hourly bill', () => {
    const { ranking } = JSON.parse(renderPlanJson(reportFixture))
    for (const { costRate } of ranking) {
      const sum = costRate.lines.reduce(
        (total: bigint, line: { nanoUsdPerHour: string }) => total + BigInt(line.nanoUsdPerHour),
        0n,
      )
      expect(sum).toBe(BigInt(costRate.nanoUsdPerHour))
    }
  })

  test('an infeasible plan is valid JSON that says so', () => {
    const document = JSON.parse(renderPlanJson(infeasibleReportFixture))
    expect(document).toMatchObject({ schemaVersion: planSchemaVersion, feasible: false, chosen: null })
  })
})

describe('plan CSV', () => {
  test('every row has the header’s columns', () => {
    const [header, ...rows] = renderPlanCsv(reportFixture).trimEnd().split('\r\n')
    const columns = header?.split(',').length
    expect(rows).toHaveLength(7)
    // No cell of the fixture holds a comma besides the quoted ones.
    for (const row of rows) expect(row.replace(/"[^"]*"/g, '').split(',')).toHaveLength(columns ?? 0)
  })
})

describe('plan HTML', () => {
  test('asks nothing of the network and runs no script', () => {
    const page = renderPlanHtml(reportFixture)
    expect(page).not.toMatch(/<script|<link|<img|@import|url\(|src=/)
  })

  test('text of the input is escaped', () => {
    const evil = '<script>alert(1)</script>"&'
    const { result } = reportFixture
    const page = renderPlanHtml({
      ...reportFixture,
      result: { ...result, modelId: evil, request: { ...result.request, modelId: evil }, warnings: [evil] },
      files: [{ path: evil, text: evil, executable: false }],
    })
    expect(page).not.toContain('<script')
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&amp;')
  })

  test('an infeasible plan names the constraint', () => {
    expect(renderPlanHtml(infeasibleReportFixture)).toContain('What binds, and what would relax it')
  })
})
