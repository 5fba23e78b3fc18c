/**
 * Before anything is read: is the value a plain tree of a sensible size? YAML can make circles, and a few lines of it that refer to each other
 * billions of values; and a name such as __proto__ means something else to JavaScript than to whoever wrote it.
 */
import type { ConfigFault, FaultList, FaultPath } from './config-faults.ts'

/** Assumed: no configuration is deeper; the deepest place of the schema is at 8. */
const deepest = 32
/** Assumed: some hundred thousand values are a thousand deployments with a hundred fields each. */
const mostValues = 500_000

const forbiddenNames: ReadonlySet<string> = new Set(['__proto__', 'prototype', 'constructor'])

/** false when the value must not be looked at any further; why is in the list. */
export function checkPlainValue(value: unknown, faults: FaultList): boolean {
  const problem = problemIn(value, [], { values: 0 }) ?? problemOfWhole(value)
  if (problem === null) return true
  faults.add(problem.path, problem.message, problem.fix)
  return false
}

function problemOfWhole(value: unknown): ConfigFault | null {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return null
  const message = value === null || value === undefined ? 'is empty' : 'holds no fields'
  return { path: [], message, fix: 'a file has at least models and their candidates' }
}

function problemIn(value: unknown, path: FaultPath, seen: { values: number }): ConfigFault | null {
  if (typeof value !== 'object' || value === null) return null
  if (path.length > deepest) {
    return {
      path: path.slice(0, 4),
      message: `is nested deeper than ${deepest}`,
      fix: 'is it an anchor that holds itself?',
    }
  }
  const isList = Array.isArray(value)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (!isList && prototype !== Object.prototype && prototype !== null) {
    return { path, message: 'is neither text, number, list nor fields', fix: 'use plain YAML or JSON' }
  }
  for (const key of Object.keys(value)) {
    const at = [...path, isList ? Number(key) : key]
    if (++seen.values > mostValues) {
      return {
        path: [],
        message: `holds more than ${mostValues} values`,
        fix: 'is an anchor used too often?',
      }
    }
    if (!isList && forbiddenNames.has(key)) {
      return { path: at, message: 'cannot be a name', fix: 'choose another one' }
    }
    const problem = problemIn((value as Record<string, unknown>)[key], at, seen)
    if (problem !== null) return problem
  }
  return null
}
