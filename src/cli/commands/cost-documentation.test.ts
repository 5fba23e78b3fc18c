import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { costCommand } from './cost.ts'
import { answerCost } from './cost-answer.ts'
import type { CostOptions } from './cost-options.ts'
import { readQuestion } from './cost-question.ts'
import { costText } from './cost-text.ts'

const page = readFileSync(new URL('../../../docs/models/cost.md', import.meta.url), 'utf8')
const blocks = [...page.matchAll(/```console\n\$ tokenwright cost (.*)\n([\s\S]*?)```/g)]

test('the page has its three worked examples', () => {
  expect(blocks).toHaveLength(3)
})

test.each(blocks.map(block => [block[1]!, block[2]!]))(
  'the page shows what the command prints: %s',
  async (line, shown) => {
    const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(match => match[1] ?? match[2]!)
    const command = costCommand()
      .exitOverride()
      .action(() => {})
    command.parse(words, { from: 'user' })
    const text = costText(answerCost(await readQuestion(command.opts<CostOptions>())))
    expect(shown.trimEnd()).toBe(text)
  },
)
