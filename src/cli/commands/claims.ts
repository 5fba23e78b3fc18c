/** `tokenwright claims`: public multiples with their arithmetic recomputed. */
import { Command } from 'commander'
import { TokenwrightError } from '../../core/errors.ts'
import { nearestNames } from '../../core/nearest-name.ts'

const examples = `
Examples:
  $ tokenwright claims
  $ tokenwright claims nv-35x
  $ tokenwright claims rubin --json

Every figure that a claim names is an input with its source; every formula is shown and evaluated as it stands. The Compare
page of tokenwright up shows the curve on which a claim about hardware sits.
`

/** Tests give their own `write`. */
export function claimsCommand(write: (text: string) => void = text => process.stdout.write(text)): Command {
  return new Command('claims')
    .description(
      'Public claims about the cost of tokens: what follows from their own figures, and where it holds.',
    )
    .argument('[filter]', 'only claims that contain this text')
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action(async (filter: string | undefined, flags: { readonly json?: boolean }) => {
      const { checkedClaim, loadClaims } = await import('../../claims/index.ts')
      const all = loadClaims()
      const wanted = (filter ?? '').toLowerCase()
      const found = all
        .filter(claim => JSON.stringify(claim).toLowerCase().includes(wanted))
        .map(checkedClaim)
      if (found.length === 0) throw nothingFound(filter ?? '', all)
      if (flags.json) return write(`${JSON.stringify(found, null, 2)}\n`)
      const { renderClaims } = await import('../../report/claims-text.ts')
      const { terminalStyle, terminalWidth } = await import('../terminal.ts')
      write(renderClaims(found, terminalWidth(), terminalStyle()))
    })
}

function nothingFound(filter: string, claims: readonly { readonly id: string }[]): TokenwrightError {
  const ids = claims.map(({ id }) => id)
  const near = nearestNames(filter, ids)
  return new TokenwrightError('unknown-entry', `no claim contains "${filter}"`, {
    where: 'tokenwright claims [filter]',
    fix: near.length > 0 ? `did you mean ${near.join(' or ')}?` : `claims are ${ids.join(', ')}`,
  })
}
