/** Reads the shipped price book. It is checked by a test, so no schema library is loaded here. */
import { readFileSync } from 'node:fs'
import { dataFolder } from '../catalog/load-catalog-file.ts'
import { fileFault } from '../core/file-fault.ts'
import type { PriceFindings } from './findings.ts'
import { createPriceBook, type PriceBookDocument } from './price-book.ts'
import type { PriceBook } from './types.ts'

/** data/price-book.json, indexed. Takes some ten milliseconds: do it once. */
export function loadPriceBook(folder: URL = dataFolder): PriceBook {
  return createPriceBook(read<PriceBookDocument>(folder, 'price-book.json'))
}

/** What was refused and what is disputed when the book was made. */
export function loadPriceFindings(folder: URL = dataFolder): PriceFindings {
  return read<PriceFindings>(folder, 'price-book-findings.json')
}

function read<T>(folder: URL, name: string): T {
  const file = new URL(name, folder)
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T
  } catch (error) {
    throw fileFault(error, 'read the price book', { where: file.pathname, fix: 'reinstall tokenwright' })
  }
}
