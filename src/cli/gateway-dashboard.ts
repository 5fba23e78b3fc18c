/** The dashboard's files for the control plane, where they are built: in the published package always. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { assetAnswer, assetsFolder, loadAssets } from '../dashboard/index.ts'
import type { ControlFiles } from '../gateway/control/index.ts'

export const howToBuild = 'no dashboard: it is not built; npm run build:web'

/** Read into memory at once: later, answering a browser would hold requests up. null: there are none; a gateway needs none. */
export function dashboardFiles(folder: string = assetsFolder): ControlFiles | null {
  if (!existsSync(join(folder, 'index.html'))) return null
  try {
    const assets = loadAssets(folder)
    return request => assetAnswer(assets, request)
  } catch {
    // Taken away meanwhile, by a build for instance.
    return null
  }
}
