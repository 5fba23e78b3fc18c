/** Reads the shipped list prices of APIs. They are checked by a test, so no schema library is loaded here. */
import { readFileSync } from 'node:fs'
import { dataFolder } from '../catalog/load-catalog-file.ts'
import { fileFault } from '../core/file-fault.ts'
import type { ApiPrice } from './api-prices.ts'

export function loadApiPrices(folder: URL = dataFolder): readonly ApiPrice[] {
  const file = new URL('api-prices.json', folder)
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ApiPrice[]
  } catch (error) {
    throw fileFault(error, 'read the list prices of APIs', {
      where: file.pathname,
      fix: 'reinstall tokenwright',
    })
  }
}
