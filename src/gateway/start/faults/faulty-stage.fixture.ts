/** What a fault run plays on: emulators that break, and a gateway before them. */
function startFaultyEmulator(seed: string): Promise<RunningEmulator> {
  return startTestEmulator({
    models: [testModel(modelName, testFleet({ replicas: 2, fleet: { seed } }))],
    seed,
    faultRates: httpFaults.map(fault => ({ fault, rate: ownFaultRate / httpFaults.length })),
    transcriptionSpeed: 10,
  })
}

function configuration(emulators: readonly RunningEmulator[]): Record<string, unknown> {
  const passHeaders = ['x-tokenwright-fault']
  const deployment = (index: number): object => ({
    replicas: [{ name: 'r0', url: emulators[index]!.url, metrics: false }],
    upstreamModel: modelName,
    passHeaders,
    cost: { usdPerReplicaHour: 3.6 },
    capacity: 12,
  })
  return {
    deployments: { a: deployment(0), b: deployment(1) },
    offers: {
      c: {
        url: emulators[2]!.url,
        upstreamModel: modelName,
        apiKey: 'none',
        passHeaders,
        price: { uncachedInput: '0.137', cachedInput: '0.011', output: '1.93' },
      },
    },
    // One alias an API, so that the ledger tells them apart.
    models: Object.fromEntries(
      faultApis.map(api => [
        api,
        {
          candidates: ['a', 'b', 'c'],
          policy: 'least-loaded',
          attempts: {
            firstTokenTimeoutMs: 1000,
            gapTimeoutMs: 500,
            totalTimeoutMs: 4000,
            cooldownAfter: 20,
            cooldownSeconds: 0.1,
            longestCooldownSeconds: 0.2,
          },
        },
      ]),
    ),
    tenants: { anonymous: { limits: [{ per: 'month', usd: 1_000_000 }] } },
    limits: { drainSeconds: 1 },
    sampledDecisions: 0.5,
  }
}

function breakEngines(
  emulators: readonly RunningEmulator[],
  random: { uniform(): number; integer(most: number): number },
) {
  let faults = 0
  const timer = setInterval(() => {
    const replica = random.integer(2)
    const kinds: readonly Fault[] = [
      { kind: 'crash', replica, downSeconds: 2 },
      { kind: 'slow', replica, factor: 4, seconds: 3 },
      { kind: 'stall', replica, seconds: 2 },
    ]
    faults++
    const fault = kinds[random.integer(kinds.length)]!
    emulators[random.integer(emulators.length)]!.apply(modelName, { kind: 'fault', fault })
  }, engineFaultEveryMs)
  return {
    stop(): number {
      clearInterval(timer)
      return faults
    },
  }
}

