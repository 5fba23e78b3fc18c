/** Nodes and racks: ratings from the accelerators' table, power breakdown from the profiles, purchase prices. */
import type { SystemFacts, SystemPowerProfile } from '../../src/catalog/system-types.ts'
import type { Accelerator } from '../../src/catalog/types.ts'
import { provenanceOf, type SourceAccelerator, type SourceOwnership } from './source-files.ts'

interface SystemOutline {
  readonly id: string
  readonly name: string
  readonly acceleratorId: string
  readonly devices: number
  readonly aliases: readonly string[]
  /** Row of the power profiles. */
  readonly profile?: string
  readonly capital?: readonly string[]
}

const outline = (
  id: string,
  name: string,
  acceleratorId: string,
  devices: number,
  rest: Partial<SystemOutline> = {},
): SystemOutline => ({ id, name, acceleratorId, devices, aliases: [], ...rest })

const outlines: readonly SystemOutline[] = [
  outline('hgx-a100', 'HGX/DGX A100, 8 GPUs', 'a100-80-sxm', 8, { aliases: ['dgx-a100'] }),
  outline('hgx-h100', 'HGX/DGX H100, 8 GPUs', 'h100-sxm', 8, {
    aliases: ['dgx-h100'],
    profile: 'h100',
    capital: ['hgx-h100-illustrative'],
  }),
  outline('hgx-h200', 'HGX/DGX H200, 8 GPUs', 'h200-sxm', 8, {
    aliases: ['dgx-h200'],
    profile: 'h200',
    capital: ['hgx-h200-illustrative'],
  }),
  outline('hgx-b200', 'HGX/DGX B200, 8 GPUs', 'b200-sxm', 8, {
    aliases: ['dgx-b200'],
    profile: 'b200',
    capital: ['dgx-b200', 'hgx-b200-illustrative'],
  }),
  outline('hgx-b300', 'HGX/DGX B300, 8 GPUs', 'b300-sxm', 8, {
    aliases: ['dgx-b300'],
    profile: 'b300',
    capital: ['hgx-b300-illustrative'],
  }),
  outline('mi300x-node', 'MI300X platform, 8 GPUs', 'mi300x', 8, {
    profile: 'mi300x',
    capital: ['hgx-mi300x-illustrative'],
  }),
  outline('mi325x-node', 'MI325X platform, 8 GPUs', 'mi325x', 8, { profile: 'mi325x' }),
  outline('mi355x-node', 'MI355X platform, 8 GPUs', 'mi355x', 8, { profile: 'mi355x' }),
  outline('gb200-nvl72-rack', 'GB200 NVL72 rack', 'gb200-nvl72', 72, {
    profile: 'gb200-nvl72',
    capital: ['gb200-rack-semi', 'gb200-rack-bernstein'],
  }),
  outline('gb300-nvl72-rack', 'GB300 NVL72 rack', 'gb300-nvl72', 72, { profile: 'gb300-nvl72' }),
  outline('vr-nvl72-rack', 'Vera Rubin NVL72 rack', 'vr-nvl72', 72, {
    capital: ['vr-rack-ms', 'vr-rack-foxconn'],
  }),
  outline('rubin-ultra-kyber-rack', 'Rubin Ultra Kyber rack', 'rubin-ultra-kyber', 144),
  outline('groq3-lpx-rack', 'Groq 3 LPX rack', 'groq3-lpu', 256),
  outline('cerebras-cs3', 'Cerebras CS-3', 'cerebras-wse3', 1),
  outline('mi455x-helios-rack', 'MI455X Helios rack', 'mi455x-helios', 72),
  outline('cloudmatrix384-supernode', 'Huawei CloudMatrix384', 'ascend-910c', 384),
  outline('trn2-ultraserver', 'Trainium2 UltraServer', 'trainium2', 64),
  outline('trn3-ultraserver', 'Trainium3 UltraServer', 'trainium3', 144),
  outline('tpu-v5e-pod', 'TPU v5e pod', 'tpu-v5e', 256),
  outline('tpu-v5p-pod', 'TPU v5p pod', 'tpu-v5p', 8960),
  outline('tpu-v6e-pod', 'TPU v6e pod', 'tpu-v6e', 256),
  outline('tpu-v7-cube', 'TPU v7 cube', 'tpu-v7', 64),
  outline('gaudi3-node', 'Gaudi 3 node, 8 OAMs', 'gaudi3', 8),
]

/** Both sources print this curve for every row. */
const supplyCurve: readonly (readonly [number, number])[] = [
  [0.05, 0.8864],
  [0.1, 0.9238],
  [0.2, 0.9448],
  [0.5, 0.964],
  [1, 0.9556],
]

const profileSource = 'InferenceX-app docs/powerx-system-power.md (modelled, not metered)'

export function importSystems(
  source: readonly SourceAccelerator[],
  accelerators: readonly Accelerator[],
  ownership: SourceOwnership,
  profilesCsv: string,
): SystemFacts[] {
  const profiles = new Map(parseCsv(profilesCsv).map(row => [row.platform, row]))
  return outlines.map(system => {
    const accelerator = accelerators.find(entry => entry.id === system.acceleratorId)
    const entry = source.find(candidate => candidate.id === system.acceleratorId)
    if (!accelerator || !entry) throw new Error(`no accelerator ${system.acceleratorId}`)
    const rated = entry.node.devices === system.devices
    const maximumWatts = rated && entry.node.maxKw ? Math.round(entry.node.maxKw * 1000) : null
    const typicalWatts = rated && entry.node.typicalKw ? Math.round(entry.node.typicalKw * 1000) : null
    const row = system.profile === undefined ? undefined : profiles.get(system.profile)
    if (system.profile && !row) throw new Error(`no power profile ${system.profile}`)
    return {
      id: system.id,
      name: system.name,
      aliases: system.aliases,
      acceleratorId: system.acceleratorId,
      devices: system.devices,
      devicesPerHost: accelerator.devicesPerNode,
      maximumWatts,
      typicalWatts:
        maximumWatts !== null && typicalWatts !== null && typicalWatts > maximumWatts ? null : typicalWatts,
      power: row ? powerProfile(row, system.devices) : null,
      capital: (system.capital ?? []).map(id => capitalOf(id, ownership)),
      provenance: provenanceOf(entry, [entry.node.note]),
    }
  })
}

function capitalOf(id: string, ownership: SourceOwnership) {
  const entry = ownership.capex.find(candidate => candidate.id === id)
  if (!entry || entry.usd === undefined) throw new Error(`no capital entry ${id}`)
  return { what: entry.item, usd: entry.usd, provenance: provenanceOf(entry) }
}

function powerProfile(row: Readonly<Record<string, string>>, devices: number): SystemPowerProfile {
  const number = (column: string) => Number(row[column])
  const optional = (column: string) => (row[column] ? Number(row[column]) : null)
  const provenance = { source: profileSource, asOf: '2026-10', confidence: 'analysis' as const }
  const base = {
    networkWatts: {
      singleSystem: number('network_w_single'),
      multiSystem: number('network_w_multi'),
    },
    pue: number('pue'),
  }
  if (devices > 8) return { ...base, ...rackPower(row), provenance: { ...provenance, notes: rackNote } }
  return {
    fixedWatts: {
      singleSystem: number('fixed_dc_w_fixed_seq_single_node'),
      multiSystem: number('fixed_dc_w_fixed_seq_multi_node'),
      agentic: optional('fixed_dc_w_agentic_single'),
      agenticWithHostCache: optional('fixed_dc_w_agentic_cpu_offload_single'),
    },
    ...base,
    fans: {
      fullSpeedWatts: number('fan_full_load_electrical_w'),
      minimumDuty: number('fan_min_pwm'),
      maximumDuty: number('fan_max_pwm'),
    },
    supply: { capacityWatts: number('psu_modeled_capacity_w'), efficiencyByLoad: supplyCurve },
    provenance,
  }
}

const rackNote =
  '18 tray auxiliaries, 9 switch trays of 477.5 W, 18 × 8 fans of 30.24 W, 8 shelves of 6 × 5.5 kW; ' +
  'the source also has a DC converter loss per tray (25 W at no load, 333 W at 8 kW), which is not in here; ' +
  'whether it counts the Grace processors with the measured module power is not said'

/** The notes column states the parts of a rack: auxiliaries of 18 compute trays and 9 switch trays. */
function rackPower(row: Readonly<Record<string, string>>) {
  const auxiliary = /tray auxiliary (\d+) W \((\d+) multi\)/.exec(row.notes ?? '')
  if (!auxiliary) throw new Error(`no tray auxiliary in the notes of ${row.platform}`)
  const switches = 9 * 477.5
  return {
    fixedWatts: {
      singleSystem: 18 * Number(auxiliary[1]) + switches,
      multiSystem: 18 * Number(auxiliary[2]) + switches,
      agentic: null,
      agenticWithHostCache: null,
    },
    fans: { fullSpeedWatts: Math.round(18 * 8 * 30.24), minimumDuty: 0.4, maximumDuty: 0.8 },
    supply: { capacityWatts: 8 * 6 * 5500, efficiencyByLoad: supplyCurve },
  }
}

/** Comma-separated values with double-quoted fields; no line breaks inside fields. */
function parseCsv(text: string): Readonly<Record<string, string>>[] {
  const [header, ...lines] = text.trim().split(/\r?\n/).map(splitLine)
  return lines.map(cells =>
    Object.fromEntries((header ?? []).map((name, index) => [name, cells[index] ?? ''])),
  )
}

function splitLine(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    match => match[1]?.replaceAll('""', '"') ?? match[2] ?? '',
  )
}
