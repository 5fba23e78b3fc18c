/**
 * Prompts of 100,000 tokens for benchmarks/gateway.ts: conversations of 90,000 to 110,000 tokens, as in long-prompts.ts (a token is 4 bytes of
 * text). Each begins with one of eight system prompts of 20,000, goes on with 70,000 of its own and grows by 1,000 a turn; a full one
 * is replaced. Bodies are cut from text that was made beforehand: the client spends no more than copying 400 kB.
 */

const bytesPerToken = 4
const tokens = { system: 20_000, document: 70_000, turn: 1_000, full: 110_000 }
const systemCount = 8
/** Text is put together from so many pieces of a turn's length, so that documents differ from their first piece on. */
const pieceCount = 2_000

const words = [
  'the ',
  'cache ',
  'holds ',
  'what ',
  'was ',
  'asked ',
  'before, ',
  'and ',
  '(key: 1) ',
  'of 42 ',
]

/** A generator of its own with a fixed seed (Numerical Recipes' 32-bit LCG): every run asks the same. */
function createRandom(seed: number): (below: number) => number {
  let state = seed >>> 0
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

export interface Conversations {
  /** The next turn of the conversation whose turn it is, as a body of a chat request. */
  nextBody(model: string): Buffer
}

export function createConversations(count: number): Conversations {
  const random = createRandom(1)
  const pieces = Array.from({ length: pieceCount }, () => {
    let text = ''
    while (text.length < tokens.turn * bytesPerToken) text += words[random(words.length)]! + random(1000)
    return Buffer.from(text.slice(0, tokens.turn * bytesPerToken))
  })
  const textOf = (length: number) =>
    Buffer.concat(Array.from({ length: length / tokens.turn }, () => pieces[random(pieceCount)]!))
  const message = (role: string, text: Buffer) =>
    Buffer.concat([Buffer.from(`{"role":"${role}","content":"`), text, Buffer.from('"}')])
  const comma = Buffer.from(',')
  const systems = Array.from({ length: systemCount }, () => message('system', textOf(tokens.system)))

  const begin = (number: number) => ({
    user: `conversation-${number}`,
    turn: 0,
    messages: [systems[number % systemCount]!, comma, message('user', textOf(tokens.document))],
  })
  let begun = 0
  const conversations = Array.from({ length: count }, () => {
    const conversation = begin(begun++)
    // They are not all full at the same time.
    const turns = random((tokens.full - tokens.system - tokens.document) / tokens.turn)
    for (let turn = 0; turn < turns; turn++) grow(conversation)
    return conversation
  })

  function grow(conversation: ReturnType<typeof begin>): void {
    const role = conversation.turn % 2 === 0 ? 'assistant' : 'user'
    conversation.turn++
    conversation.messages.push(comma, message(role, pieces[random(pieceCount)]!))
  }

  const turnsOfFull = (tokens.full - tokens.system - tokens.document) / tokens.turn
  return {
    nextBody(model) {
      const at = random(count)
      if (conversations[at]!.turn >= turnsOfFull) conversations[at] = begin(begun++)
      const conversation = conversations[at]!
      grow(conversation)
      const head = Buffer.from(`{"model":${JSON.stringify(model)},"messages":[`)
      const tail = Buffer.from(`],"max_tokens":80,"user":"${conversation.user}"}`)
      return Buffer.concat([head, ...conversation.messages, tail])
    },
  }
}
