/** Texts that a client may have chosen, made fit for logs and pages: short, on one line, and nothing in them that looks like a key. */
import { withoutKeys } from '../tenants/virtual-key.ts'

/** Assumed: longer than any id of a client. */
const longest = 200

/**
 * Keys as providers make them: a prefix of a few letters, a dash or underscore, and many characters. From memory of their forms: sk-…
 * (OpenAI, Anthropic, OpenRouter), gsk_…, hf_…, xai-…, nvapi-…, AIza… (Google), AKIA… (AWS), and whatever follows Bearer.
 */
const keys =
  /(?<![0-9A-Za-z])(?:(sk|rk|pk|gsk|hf|xai|nvapi|pplx|fw|r8|co|ghp|glpat)[-_][0-9A-Za-z_-]{12,}|(AIza)[0-9A-Za-z_-]{20,}|(AKIA)[0-9A-Z]{12,}|(Bearer) +\S+)/gi

/** Letters, digits and marks of names, and too short for any key: most texts are, and pass without a search. */
const plainName = /^[\w.@:/-]{0,14}$/
/** Without a beginning of a key or a character to be taken out there is nothing to do. */
const suspicious =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /tw-|(?:[srp]k|hf|xai|api|plx|fw|r8|co|ghp|pat)[-_]|aiza|akia|bearer|[\u0000-\u001f\u007f\u2028\u2029]/i

export function safeText(text: string): string {
  if (plainName.test(text)) return text
  const cut = text.length <= longest ? text : `${text.slice(0, longest - 1)}…`
  if (!suspicious.test(cut)) return cut
  return (
    withoutKeys(cut)
      .replace(keys, (_, ...groups: (string | undefined)[]) => `${groups.slice(0, 4).find(Boolean)}…`)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
      .replace(/[\u0000-\u001f\u007f\u2028\u2029]/g, ' ')
  )
}

/** Names that come again and again. Assumed: more than a configuration has. */
const mostNames = 2000
const safeNames = new Map<string, string>()

/** The same, remembered: for names of tenants, models, candidates. */
export function safeName(name: string): string {
  const known = safeNames.get(name)
  if (known !== undefined) return known
  const safe = safeText(name)
  if (safeNames.size >= mostNames) safeNames.clear()
  // Long ones are nobody's name, and would be kept.
  if (name.length <= longest) safeNames.set(name, safe)
  return safe
}
