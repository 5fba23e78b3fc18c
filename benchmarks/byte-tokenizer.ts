/** The smallest tokenizer in the form of Hugging Face's: for load generators that will not make prompts without one. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Writes the files of one that makes a token of every byte into the folder, and returns the folder. */
export function writeByteTokenizer(folder: string): string {
  // The alphabet of GPT-2's byte-level pre-tokenizer: bytes that print stand for themselves, others follow from U+0100 on.
  const prints = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255)
  const bytes = Array.from({ length: 256 }, (_, byte) => byte)
  const others = bytes.filter(byte => !prints(byte)).map((_, index) => 0x100 + index)
  const characters = [...bytes.filter(prints), ...others].map(code => String.fromCodePoint(code))
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }
  const vocab = Object.fromEntries(characters.map((character, id) => [character, id]))
  const model = { type: 'BPE', byte_fallback: false, fuse_unk: false, vocab, merges: [] }
  writeFileSync(
    join(folder, 'tokenizer.json'),
    JSON.stringify({ version: '1.0', added_tokens: [], pre_tokenizer: byteLevel, decoder: byteLevel, model }),
  )
  writeFileSync(
    join(folder, 'tokenizer_config.json'),
    JSON.stringify({ tokenizer_class: 'PreTrainedTokenizerFast', model_max_length: 100_000 }),
  )
  return folder
}
