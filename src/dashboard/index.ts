/**
 * dashboard/ answers: the built page over HTTP on loopback, what past runs there are in a folder, and whether what is built
 * is what the sources say. From: the assets in dist/web (web/ built by Vite), folders that `bench --out` wrote. Assumes: the page runs the pure rooms itself and asks its own origin
 * only, so one strict set of headers suits every answer. The gateway's control plane serves the same assets with
 * `assetAnswer`.
 */
export { type AssetAnswer, type AssetRequest, type Assets, assetAnswer } from './assets.ts'
export { assetsFolder, ensureBuilt, isStale } from './build-file.ts'
export { loadAssets } from './load-assets-file.ts'
export { openRunLibrary, type RunLibrary } from './run-library-file.ts'
export { securityHeaders } from './security-headers.ts'
export { type DashboardServer, serveDashboard } from './serve.ts'
