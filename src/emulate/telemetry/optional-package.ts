/** Packages that only some users need: loaded when they do, with an answer for those who lack them. */
import { TokenwrightError } from '../../core/errors.ts'

/**
 * Loads an optional dependency.
 * @throws TokenwrightError when it is not installed or its native part does not load.
 */
export async function loadOptionalPackage<Module>(
  name: string,
  purpose: string,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load()
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error)
    throw new TokenwrightError(
      'usage',
      `${purpose} need the package ${name}, which could not be loaded: ${cause}`,
      {
        where: purpose,
        fix: `npm install ${name}, or leave ${purpose} off`,
      },
    )
  }
}
