import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TokenwrightError } from '../../core/errors.ts'
import { loadCoefficients } from '../../perf/load-coefficients-file.ts'
import { runCalibrate } from '../calibrate-command.ts'

const example = resolve(import.meta.dirname, '../../../docs/guides/example-points.csv')
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'calibrate-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const output = () => join(folder, 'ours.json')
const run = (paths: readonly string[], flags: object = {}) =>
  runCalibrate(paths, { output: output(), ...flags }, '2026-11-21')

function file(...lines: readonly string[]): string {
  const path = join(folder, 'points.csv')
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}

async function faultOf(work: Promise<unknown>): Promise<TokenwrightError> {
  const error = await work.then(
    () => null,
    reason => reason,
  )
  expect(error).toBeInstanceOf(TokenwrightError)
  return error
}

describe('calibrate', () => {
  it('writes an overlay that other commands read, with where it comes from', async () => {
    const text = await run([example])
    expect(text).toContain('openai/gpt-oss-120b on h100-sxm, vllm, TP2: 4 points')
    expect(text).toContain('each left out')
    const overlay = JSON.parse(readFileSync(output(), 'utf8'))
    expect(overlay).toMatchObject({ schema: 'coefficients-overlay/1', asOf: '2026-11-21', source: example })
    expect(overlay.cells[0]).toMatchObject({
      model: 'openai/gpt-oss-120b',
      points: 4,
      layouts: ['TP2'],
      rows: ['line 2', 'line 3', 'line 4', 'line 5'],
    })
    expect(Object.keys(loadCoefficients(output()).calibrations ?? {})).toHaveLength(1)
  })

  it('--json is one document in which errors shrink', async () => {
    const document = JSON.parse(await run([example], { json: true }))
    const { tpot } = document.overlay.cells[0].errors
    expect(tpot.after.mean).toBeLessThan(tpot.before.mean)
    expect(tpot.leaveOneOut.points).toBe(4)
    expect(document.points).toHaveLength(4)
  })

  it('does not replace a file unless told to', async () => {
    writeFileSync(output(), 'mine')
    const fault = await faultOf(run([example]))
    expect(fault).toMatchObject({ code: 'file', where: '--output' })
    expect(readFileSync(output(), 'utf8')).toBe('mine')
    await run([example], { force: true })
    expect(readFileSync(output(), 'utf8')).toContain('coefficients-overlay/1')
    expect(readdirSync(folder)).toEqual(['ours.json'])
  })

  it('reads tables of validate, and says what it leaves out', async () => {
    const header =
      'silicon_data_source,backend,model_path,system,precision,mode,isl,osl,batch_size,tp_size,moe_tp_size,moe_ep_size,silicon_ttft_ms,silicon_tpot_ms'
    const row = (concurrency: number, tpotMs: number) =>
      `db-dump/1; silicon_concurrency=${concurrency},vllm,openai/gpt-oss-120b,h100_sxm,fp4,agg,1024,1024,,2,2,1,60,${tpotMs}`
    const text = await run([file(header, row(4, 5), row(8, 6.2), row(8, 6.2))])
    expect(text).toContain('2 points')
    expect(text).toContain('1 row: copy of another row')
  })

  it('a model from its config.json', async () => {
    copyFileSync(
      resolve(import.meta.dirname, '../../../data/models/openai__gpt-oss-120b/config.json'),
      join(folder, 'config.json'),
    )
    const text = await run([
      file(
        'model,hardware,tp,isl,osl,concurrency,tpot_ms',
        `${join(folder, 'config.json')},2xh100,2,1000,1000,4,5`,
      ),
    ])
    expect(text).toContain('1 point')
    expect(text).toContain('cannot be judged without itself')
  })
})

describe('bad input', () => {
  const header = 'model,hardware,engine,precision,tp,isl,osl,concurrency,ttft_ms,tpot_ms'
  const row = 'openai/gpt-oss-120b,h100,vllm,mxfp4,2,1000,1000,4,60,5'
  const changed = (column: string, value: string) => {
    const cells = row.split(',')
    cells[header.split(',').indexOf(column)] = value
    return cells.join(',')
  }
  const cases: readonly (readonly [string, readonly string[], string, string, RegExp])[] = [
    ['empty', [], 'file', ':1', /empty/],
    ['a header only', [header], 'measurements', ':2', /no rows/],
    ['a cut line', [header, row, 'openai/gpt-oss-120b,h100'], 'file', ':3', /cells/],
    ['foreign columns', ['a,b', '1,2'], 'measurements', ':1', /no known measurement file/],
    ['a misspelt column', [header.replace('ttft_ms', 'ttft'), row], 'measurements', ':1', /"ttft"/],
    ['no load', [header, changed('concurrency', '')], 'measurements', ':2', /no load/],
    ['no results', ['model,hardware,isl,osl,concurrency', 'a,b,1,2,3'], 'measurements', ':1', /missing/],
    ['an unknown model', [header, changed('model', 'gpt-osss-120b')], 'unknown-model', ':2', /gpt-osss/],
    ['an unknown accelerator', [header, changed('hardware', 'h1000')], 'unknown-accelerator', ':2', /h1000/],
    ['an unknown engine', [header, row, changed('engine', 'vlm')], 'measurements', ':3, engine', /vlm/],
    ['a precision that does not run', [header, changed('precision', 'nvfp4')], 'measurements', ':2', /nvfp4/],
    ['a negative time', [header, changed('tpot_ms', '-5')], 'number', ':2', /tpot_ms is "-5"/],
    ['a time with a unit', [header, changed('tpot_ms', '5ms')], 'number', ':2', /5ms/],
    ['seconds for milliseconds', [header, changed('tpot_ms', '0.005')], 'measurements', ':2', /TPOT/],
    ['layout that cannot be', [header, changed('tp', '7')], 'measurements', ':2', /layout/],
    [
      'nothing measured',
      [header, changed('tpot_ms', '').replace(',60,', ',,')],
      'measurements',
      ':2',
      /nothing/,
    ],
  ]

  it.each(cases)(
    '%s: one error with file and line, and nothing written',
    async (_, lines, code, where, text) => {
      const path = lines.length === 0 ? join(folder, 'points.csv') : file(...lines)
      if (lines.length === 0) writeFileSync(path, '')
      const fault = await faultOf(run([path]))
      expect(fault.message).toMatch(text)
      expect(fault).toMatchObject({ code })
      expect(fault.where).toContain(`points.csv${where}`)
      expect(fault.fix).toBeTruthy()
      expect(readdirSync(folder)).toEqual(['points.csv'])
    },
  )

  it('a cell from two files', async () => {
    const path = file(header, row)
    const fault = await faultOf(run([example, path]))
    expect(fault.message).toContain('calibrated twice')
  })

  it('a folder that is no run, a missing file, --first without a run', async () => {
    expect(await faultOf(run([folder]))).toMatchObject({ code: 'measurements', where: folder })
    expect(await faultOf(run([join(folder, 'no.csv')]))).toMatchObject({ code: 'file' })
    expect(await faultOf(run([example], { first: '10' }))).toMatchObject({ code: 'usage', where: '--first' })
  })
})
