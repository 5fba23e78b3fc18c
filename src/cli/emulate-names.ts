/** Under which names several deployments answer, and which of them a flag means. */
import { TokenwrightError } from '../core/errors.ts'

/** The names of each deployment, the first one being its id. `ids`: those of the models they serve. */
export function servedNames(ids: readonly string[], flags: readonly string[] | undefined): string[][] {
  const given = (flags ?? []).map(text => text.split(',').map(name => name.trim()))
  if (given.length > ids.length)
    throw usage(
      `--served-model-name is given ${given.length} times for ${ids.length === 1 ? 'one deployment' : `${ids.length} deployments`}`,
      'give it once per deployment; further names of the same are separated by commas',
    )
  if (given.some(names => names.includes('')))
    throw usage('a name is empty', 'write --served-model-name NAME or NAME,NAME')
  const names = ids.map((id, index) => given[index] ?? [id])
  const all = names.flat()
  const twice = all.find((name, index) => all.indexOf(name) !== index)
  if (twice !== undefined)
    throw usage(
      `two models would answer to "${twice}"`,
      'give each deployment names of its own: --served-model-name large --served-model-name small',
    )
  return names
}

function usage(message: string, fix: string): TokenwrightError {
  return new TokenwrightError('usage', message, { where: '--served-model-name', fix })
}

/**
 * What flags such as `--fault "large: crash 0 at 60s for 30s"` say to each deployment, by its place. With a single one the
 * name may be left out.
 */
export function byDeployment(
  names: readonly (readonly string[])[],
  texts: readonly string[] | undefined,
  where: string,
): string[][] {
  const own: string[][] = names.map(() => [])
  for (const text of texts ?? []) {
    const colon = text.indexOf(': ')
    const name = colon < 0 ? '' : text.slice(0, colon).trim()
    const place = names.findIndex(list => list.includes(name))
    if (place >= 0) own[place]!.push(text.slice(colon + 2).trim())
    else if (names.length === 1 && colon < 0) own[0]!.push(text)
    else
      throw new TokenwrightError(
        'usage',
        colon < 0 ? `"${text}" does not say of which model` : `no model is called "${name}"`,
        { where, fix: `begin with one of: ${names.map(([id]) => `"${id}: "`).join(', ')}` },
      )
  }
  return own
}
