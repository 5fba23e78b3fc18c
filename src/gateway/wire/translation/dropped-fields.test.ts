/** The page of what is dropped in a translation is whole: a wish may go unheard only where that is written down. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { droppedFromChatMessages } from './chat-content.ts'
import { droppedFromChat } from './chat-request.ts'
import { droppedFromBlocks } from './messages-content.ts'
import { droppedFromMessages } from './messages-request.ts'

const page = readFileSync(resolve(import.meta.dirname, '../../../../docs/reference/gateway-wire.md'), 'utf8')

test.each([
  ['Messages to chat', [...droppedFromMessages, ...droppedFromBlocks]],
  ['Chat to Messages', [...droppedFromChat, ...droppedFromChatMessages]],
])('%s', (heading, fields) => {
  const section = page.split(`### ${heading}`)[1]!.split('\n#')[0]!
  const listed = [...section.matchAll(/`([^`]+)`/g)].map(match => match[1])
  expect(fields.filter(field => !listed.includes(field))).toEqual([])
})
