import { describe, expect, it } from 'vitest'
import { TokenwrightError } from '../core/errors.ts'
import { readMeasuredRows } from './read-measured-rows.ts'

const latencyHeader =
  'silicon_data_source,backend,model_path,system,precision,mode,isl,osl,batch_size,tp_size,silicon_ttft_ms,silicon_tpot_ms'
const latencyRow =
  'db-dump/1; silicon_concurrency=4,vllm,openai/gpt-oss-120b,h100_sxm,fp4,agg,1024,1024,4,2,50,5'

function fault(text: string): TokenwrightError {
  try {
    readMeasuredRows(text)
  } catch (error) {
    if (error instanceof TokenwrightError) return error
  }
  throw new Error('no TokenwrightError was thrown')
}

describe('readMeasuredRows', () => {
  it('recognises a file by its columns, in any order and with more of them', () => {
    const { file, points } = readMeasuredRows(`extra,${latencyHeader}\r\n,${latencyRow}\r\n`)
    expect(file).toBe('serving_latency')
    expect(points[0]!.id).toBe('line 2')
  })

  it('names the columns that the nearest format lacks', () => {
    const error = fault(`${latencyHeader.replace(',tp_size', '')}\n1\n`.replace('\n1\n', '\n'))
    expect(error.code).toBe('measurements')
    expect(error.where).toBe('line 1')
    expect(error.fix).toContain('tp_size')
  })

  it('refuses a header without rows, an empty file and a file that is cut off', () => {
    expect(fault(`${latencyHeader}\n`).message).toContain('no rows')
    expect(fault('').message).toContain('empty')
    expect(fault(`${latencyHeader}\n${latencyRow}\ndb-dump/1,vllm`).where).toBe('line 3')
  })

  it('accounts for every row', () => {
    const rows = readMeasuredRows(
      `${latencyHeader}\n${latencyRow}\n${latencyRow}\n${latencyRow.replace(',50,', ',,')}\n`,
    )
    expect(rows.points.length + rows.skipped.length).toBe(rows.rows)
    expect(rows.distinct).toBe(2)
  })
})
