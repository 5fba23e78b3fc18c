/** The commands in the documentation are run: what a reader copies works, and what a page shows is what is printed. */
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { writeExampleLedger } from '../src/cli/commands/ledger.fixture.ts'

const root = resolve(import.meta.dirname, '..')
const docs = join(root, 'docs')

interface DocumentedCommand {
  readonly file: string
  readonly line: number
  readonly command: string
}

const markdown = [
  join(root, 'README.md'),
  join(root, 'CONTRIBUTING.md'),
  ...(existsSync(docs)
    ? readdirSync(docs, { recursive: true, encoding: 'utf8' }).map(path => join(docs, path))
    : []),
].filter(path => path.endsWith('.md') && existsSync(path))

/**
 * Lines of ```sh blocks that start with our command, and lines that are nothing but such a command in backticks;
 * a backslash continues a line, `# later` marks what is to come.
 */
function commandsOf(path: string): DocumentedCommand[] {
  const found: DocumentedCommand[] = []
  let inShell = false
  let pending = ''
  for (const [index, text] of readFileSync(path, 'utf8').split('\n').entries()) {
    if (text.startsWith('```')) {
      inShell = text.trim() === '```sh'
      pending = ''
      continue
    }
    const alone = /^`(npx tokenwright [^`]+)`$/.exec(text)?.[1]
    if (alone !== undefined) found.push({ file: relative(root, path), line: index + 1, command: alone })
    if (!inShell) continue
    const whole = pending + text.trim().replace(/^\$ /, '')
    if (whole.endsWith('\\')) {
      pending = `${whole.slice(0, -1).trimEnd()} `
      continue
    }
    pending = ''
    const ours = /^(npx tokenwright|npm run (plan|tokenwright))(\s|$)/.test(whole)
    if (ours && !whole.endsWith('# later'))
      found.push({ file: relative(root, path), line: index + 1, command: whole })
  }
  return found
}

/** The command as it runs here: by this Node, from the sources, in a folder of its own. */
function runnable(command: string): string {
  const entry = `'${process.execPath}' '${join(root, 'src/cli/main.ts')}'`
  return command
    .replace(/^npx tokenwright/, entry)
    .replace(/^npm run plan( --)?/, `${entry} plan --example`)
    .replace(/^npm run tokenwright( --)?/, entry)
    .replace(/\s#\s.*$/, '')
}

const commands = markdown.flatMap(commandsOf)
const workplace = mkdtempSync(join(tmpdir(), 'tokenwright-docs-'))
for (const name of ['docs', 'data', 'examples']) {
  if (existsSync(join(root, name))) symlinkSync(join(root, name), join(workplace, name))
}

/** What pages take for granted that the reader has. */
copyFileSync(join(root, 'data/models/openai__gpt-oss-120b/config.json'), join(workplace, 'config.json'))
writeFileSync(
  join(workplace, 'requests.csv'),
  'arrival_ms,prompt_tokens,output_tokens\n0,3800,420\n40,5200,610\n55,900,150\n110,7400,380\n',
)
writeFileSync(
  join(workplace, 'serving_latency.csv'),
  `id,silicon_data_source,backend,backend_version,model_path,system,precision,mode,isl,osl,gemm_quant_mode,moe_quant_mode,batch_size,tp_size,pp_size,attention_dp_size,moe_tp_size,moe_ep_size,prefill_batch_size,prefill_num_workers,prefill_tp_size,prefill_pp_size,prefill_attention_dp_size,prefill_moe_tp_size,prefill_moe_ep_size,decode_batch_size,decode_num_workers,decode_tp_size,decode_pp_size,decode_attention_dp_size,decode_moe_tp_size,decode_moe_ep_size,silicon_ttft_ms,silicon_tpot_ms
ours,silicon_concurrency=32; measured=2026-11-01,vllm,0.19.0,meta-llama/Llama-3.1-70B,h200_sxm,fp8,agg,4000,500,fp8,fp8,32,4,1,1,1,1,,,,,,,,,,,,,,,420,24
`,
)

await writeExampleLedger(join(workplace, 'tokenwright-ledger.sqlite'))

describe('documented commands', () => {
  test.for(commands)('$file:$line $command', ({ command }) => {
    const { status, stderr } = spawnSync('bash', ['-o', 'pipefail', '-c', runnable(command)], {
      cwd: workplace,
      encoding: 'utf8',
      timeout: 60_000,
    })
    expect(stderr).not.toMatch(/^error /m)
    expect(status).toBe(0)
  })

  test('there are some', () => {
    expect(commands.length).toBeGreaterThan(0)
  })
})

describe('what pages show', () => {
  test('outputs and figure are those of this version', () => {
    const script = join(root, 'scripts/readme-figure.ts')
    const { stderr, status } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(status).toBe(0)
  })

  test('the figure stands alone and takes the reader’s colours', () => {
    const svg = readFileSync(join(root, 'docs/figures/cost-front.svg'), 'utf8')
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="\d+" height="\d+"/)
    expect(svg).toContain('prefers-color-scheme: dark')
    expect(svg).not.toMatch(/https?:\/\/(?!www\.w3\.org)/)
    expect(svg).toContain('class="point chosen"')
  })

  test('the README keeps the place of the accuracy table', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8')
    expect(readme).toMatch(/<!-- accuracy:begin -->\n\|[\s\S]*\|\n[\s\S]*<!-- accuracy:end -->/)
  })

  test('npm scripts that pages name exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const named = markdown.flatMap(path =>
      [...readFileSync(path, 'utf8').matchAll(/npm run ([\w:-]+)/g)].map(match => match[1]!),
    )
    expect([...new Set(named)].filter(name => !(name in scripts))).toEqual([])
  })
})
