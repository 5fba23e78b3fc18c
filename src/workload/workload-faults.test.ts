/** Descriptions that make no sense are refused, with what is wrong and where. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TokenwrightError } from '../core/errors.ts'
import { RandomSource } from '../core/random.ts'
import type { WorkloadRequest } from './request.ts'
import { open, served } from './synthetic.fixture.ts'
import { createWorkload, type WorkloadSpec } from './synthetic.ts'
import { serveAlone } from './toy-server.fixture.ts'

describe('faults', () => {
  const sessions = { kind: 'sessions', turns: 2, thinkTime: 1, firstInput: 9, output: 9 }
  const faults: readonly [unknown, RegExp, RegExp][] = [
    [null, /workload must be an object/, /^workload$/],
    [{ kind: 'opened' }, /"opened" is no kind of workload/, /^workload.kind$/],
    [{ ...open, requests: undefined }, /would never end/, /^workload$/],
    [{ ...open, requests: 0 }, /number of requests must be at least 1, got 0/, /^workload.requests$/],
    [{ ...open, requests: 2.5 }, /whole number, got 2.5/, /requests$/],
    [{ ...open, durationSeconds: -1 }, /duration in seconds must be above zero/, /durationSeconds$/],
    [{ ...open, request: 5 }, /has no field "request"/, /^workload.request$/],
    [{ ...open, arrivals: { kind: 'poisson', rate: -2 } }, /above zero, got -2/, /^workload.arrivals.rate$/],
    [{ ...open, lengths: { input: 0, output: 1 } }, /at least 1, got 0/, /^workload.lengths.input/],
    [{ ...open, warmup: 5 }, /warm-up must be an object/, /warmup$/],
    [{ ...open, warmup: { requests: -1 } }, /warm-up requests must be at least 0/, /warmup.requests$/],
    [{ ...open, tenant: 7 }, /name must be a text/, /tenant$/],
    [{ ...open, prefix: { groups: 2 } }, /either tokens or a share/, /prefix$/],
    [{ ...open, prefix: { groups: 0, tokens: 5 } }, /prefix groups must be at least 1/, /prefix.groups$/],
    [{ ...open, prefix: { groups: 2, share: 1.5 } }, /at most 1, got 1.5/, /prefix.share$/],
    [{ ...open, prefix: { groups: 2, share: 0.5, zipfExponent: -1 } }, /Zipf exponent/, /zipfExponent$/],
    [
      { kind: 'closed', users: 0, requests: 5, lengths: open.lengths },
      /number of users must be at least 1/,
      /users$/,
    ],
    [{ kind: 'closed', users: 2, lengths: open.lengths }, /would never end/, /^workload$/],
    [
      { kind: 'closed', users: 2, requests: 5, lengths: open.lengths, lengthJitter: 2 },
      /length jitter/,
      /lengthJitter$/,
    ],
    [
      { kind: 'closed', users: 2, requests: 5, lengths: open.lengths, thinkTime: -1 },
      /think time in seconds must be at least 0/,
      /thinkTime/,
    ],
    [
      { kind: 'closed', users: 2, requests: 5, lengths: open.lengths, start: { kind: 'ramp' } },
      /seconds of the ramp must be a number/,
      /start.seconds$/,
    ],
    [
      { kind: 'closed', users: 2, requests: 5, lengths: open.lengths, initialProgress: 'yes' },
      /neither true nor false/,
      /initialProgress$/,
    ],
    [{ ...sessions, requests: 9 }, /way to begin sessions must be an object/, /begin$/],
    [{ ...sessions, begin: { kind: 'closed', users: 3 } }, /would never end/, /^workload$/],
    [
      { ...sessions, requests: 9, begin: { kind: 'open', arrivals: { kind: 'poisson', rate: 0 } } },
      /above zero/,
      /begin.arrivals.rate$/,
    ],
    [{ kind: 'mix', parts: [] }, /at least one entry/, /parts$/],
    [
      {
        kind: 'mix',
        parts: [
          { name: 'a', workload: open },
          { name: 'a', workload: open },
        ],
      },
      /two parts are called "a"/,
      /parts\[1\].name$/,
    ],
    [{ kind: 'mix', parts: [{ workload: open }] }, /no name/, /parts\[0\].name$/],
    [
      {
        kind: 'phases',
        phases: [
          { name: 'a', workload: open },
          { name: 'b', workload: { ...open, requests: -1 } },
        ],
      },
      /at least 1, got -1/,
      /phases\[1\].workload.requests$/,
    ],
    [
      { kind: 'phases', phases: [{ name: 'a', workload: open, drain: 'no' }] },
      /neither true nor false/,
      /drain$/,
    ],
  ]
  it.each(faults)('%j', (spec, message, where) => {
    const create = () => createWorkload(spec as WorkloadSpec, new RandomSource(1))
    expect(create).toThrow(TokenwrightError)
    expect(create).toThrow(message)
    try {
      create()
    } catch (fault) {
      expect(fault).toMatchObject({ code: 'usage', where: expect.stringMatching(where) })
    }
  })

  it('of any kind in any field are usage errors or harmless', () => {
    const everything: WorkloadSpec = {
      kind: 'phases',
      phases: [
        {
          name: 'a',
          drain: true,
          workload: {
            kind: 'mix',
            parts: [
              {
                name: 'open',
                workload: {
                  ...open,
                  arrivals: {
                    kind: 'gamma',
                    cv: 2,
                    rate: {
                      kind: 'series',
                      steps: [
                        { seconds: 5, rate: 2 },
                        { seconds: 5, from: 2, to: 9 },
                      ],
                      after: 'hold',
                    },
                  },
                  requests: 20,
                  prefix: { groups: 3, share: 0.5, zipfExponent: 1, tokensPerBlock: 16 },
                },
              },
              {
                name: 'closed',
                workload: {
                  kind: 'closed',
                  users: 3,
                  requests: 20,
                  durationSeconds: 60,
                  lengths: {
                    pairs: [
                      [5, 6],
                      [7, 8],
                    ],
                    weights: [1, 2],
                  },
                  thinkTime: { kind: 'empirical', values: [1, 2], weights: [1, 1] },
                  start: { kind: 'stagger', requestSeconds: 2 },
                  lengthJitter: 0.1,
                  initialProgress: true,
                  warmup: { requests: 2, seconds: 1 },
                  tenant: 't',
                },
              },
            ],
          },
        },
        {
          name: 'b',
          workload: {
            kind: 'sessions',
            begin: { kind: 'closed', users: 2, pause: 1, failurePauseSeconds: 2 },
            sessions: 4,
            turns: { kind: 'geometric', mean: 2 },
            thinkTime: { kind: 'normal', mean: 2, cv: 0.5, maximum: 9, beyond: 'clamp' },
            firstInput: { kind: 'range-below', nominal: 50, ratio: 0.8 },
            nextInput: { kind: 'uniform', minimum: 3, maximum: 9 },
            output: 7,
            tokensPerBlock: 8,
            maximumContextTokens: 999,
          },
        },
      ],
    }
    expect(served(everything).length).toBeGreaterThan(44)
    const places: string[][] = []
    const walk = (value: unknown, path: string[]): void => {
      if (path.length > 0) places.push(path)
      if (typeof value === 'object' && value !== null)
        for (const [name, inner] of Object.entries(value)) walk(inner, [...path, name])
    }
    walk(everything, [])
    const junk = [
      null,
      undefined,
      -1,
      0,
      0.5,
      1e300,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      '',
      'x',
      true,
      [],
      [null],
      {},
      { kind: 'x' },
    ]
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.constantFrom(...junk), (path, value) => {
        const spec = structuredClone(everything) as unknown as Record<string, unknown>
        let inner = spec
        for (const name of path.slice(0, -1)) inner = inner[name] as Record<string, unknown>
        inner[path[path.length - 1]!] = value
        try {
          serveAlone(
            createWorkload(spec as unknown as WorkloadSpec, new RandomSource(1)),
            () => 1000,
            undefined,
            50,
          )
        } catch (fault) {
          expect(fault).toBeInstanceOf(TokenwrightError)
        }
      }),
      { numRuns: 600 },
    )
  })

  it('of the driver stop the run: an end that was never a request', () => {
    const workload = createWorkload(
      { kind: 'closed', users: 1, requests: 2, lengths: open.lengths },
      new RandomSource(1),
    )
    const out: WorkloadRequest[] = []
    workload.wake(0, out)
    workload.accept(5, { request: out[0]!, outcome: 'served' }, out)
    expect(() => workload.accept(6, { request: out[0]!, outcome: 'served' }, out)).toThrow(/ends once/)
  })
})
