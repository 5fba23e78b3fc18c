/**
 * The ledger as cost and usage data after FOCUS 1.2 (FinOps Open Cost and Usage Specification,
 * https://focus.finops.org/focus-specification/v1-2/): its 21 mandatory columns, those conditional ones that apply, and own
 * columns with x_. One row for each day, tenant, model, server and class of tokens; idle time in rows of its own.
 *
 * Tokens are priced by the token: PricingUnit is `Tokens`. There are no columns of unit prices, which are for those who
 * publish a price list; x_EffectiveUsdPerMillionTokens says what a million came to.
 */
import { assert } from '../../../core/assert.ts'
import { type CostClass, costClasses } from '../events.ts'
import { decimalText, usdText } from './decimal.ts'
import type { LedgerReport, ReportLine, ReportQuery } from './ledger-report.ts'

export interface FocusSettings {
  /** Who runs the gateway: provider and issuer of self-hosted service. */
  readonly organisation: string
  readonly billingAccountId: string
  readonly billingAccountName: string
  /** Provider of an API offer; default: what stands before the first `/` of its name. */
  readonly providerOf?: (offer: string) => string
}

const dayMs = 86_400_000
const microsecondPlacesOfHours = 9

/** What focusCsv needs of the ledger. */
export function focusQuery(fromMs: number, toMs: number): ReportQuery {
  const by = ['tenant', 'keyId', 'model', 'deployment', 'offer', 'bearer', 'priceRule'] as const
  return { fromMs, toMs, by, bucketMs: dayMs }
}

/** Columns in the order of the file: FOCUS's by name, then own ones. */
export const focusColumns = [
  'BilledCost',
  'BillingAccountId',
  'BillingAccountName',
  'BillingCurrency',
  'BillingPeriodEnd',
  'BillingPeriodStart',
  'ChargeCategory',
  'ChargeClass',
  'ChargeDescription',
  'ChargeFrequency',
  'ChargePeriodEnd',
  'ChargePeriodStart',
  'ConsumedQuantity',
  'ConsumedUnit',
  'ContractedCost',
  'EffectiveCost',
  'InvoiceIssuerName',
  'ListCost',
  'PricingCategory',
  'PricingQuantity',
  'PricingUnit',
  'ProviderName',
  'PublisherName',
  'ResourceId',
  'ResourceName',
  'ResourceType',
  'ServiceCategory',
  'ServiceName',
  'ServiceSubcategory',
  'SkuId',
  'SkuPriceId',
  'SubAccountId',
  'SubAccountName',
  'Tags',
  'x_Bearer',
  'x_EffectiveUsdPerMillionTokens',
  'x_EnergyCost',
  'x_EstimatedShare',
  'x_Requests',
  'x_TokenClass',
] as const
type FocusColumn = (typeof focusColumns)[number]

const classNames: Readonly<Record<CostClass, string>> = {
  uncachedInput: 'input tokens',
  cachedInput: 'cached input tokens',
  cacheWrite: 'tokens written to a cache',
  inputAudio: 'audio input tokens',
  output: 'output tokens',
  outputAudio: 'audio output tokens',
  other: 'other charges',
}

/** The file, with a header line; the report must have been made by focusQuery. */
export function focusCsv(report: LedgerReport, settings: FocusSettings): string {
  assert(report.query.bucketMs === dayMs, 'the report is by day: use focusQuery')
  const rows = report.lines.flatMap(line =>
    line.category === 'idle' ? [idleRow(line, settings)] : requestRows(line, settings),
  )
  return [focusColumns.join(','), ...rows.map(csvRow), ''].join('\r\n')
}

type FocusRow = Readonly<Partial<Record<FocusColumn, string>>>

function requestRows(line: ReportLine, settings: FocusSettings): FocusRow[] {
  const { tenant = '', keyId = '', model = '', priceRule = '' } = line.dimensions
  const rows: FocusRow[] = []
  for (const name of costClasses) {
    const cost = line.costNanoUsd[name]
    const quantity = name === 'other' ? line.attempts : line.tokens[name]
    // "Other" has no quantity of its own: without cost there is nothing to tell.
    if (cost === 0n && (name === 'other' || quantity === 0n)) continue
    const unit = name === 'other' ? 'Requests' : 'Tokens'
    const sku = `${served(line)}/${name}`
    rows.push({
      ...common(line, cost, settings),
      ChargeDescription: `${model}: ${classNames[name]}`,
      ConsumedQuantity: quantity.toString(),
      ConsumedUnit: unit,
      PricingQuantity: quantity.toString(),
      PricingUnit: unit,
      SkuId: sku,
      SkuPriceId: priceRule === '' ? sku : `${priceRule}/${name}`,
      SubAccountId: tenant,
      SubAccountName: tenant,
      Tags: JSON.stringify({ model, keyId }),
      x_Bearer: line.dimensions.bearer ?? '',
      x_EffectiveUsdPerMillionTokens: name === 'other' ? '' : rateText(line.usdPerMillionTokens[name]),
      x_EstimatedShare: line.estimatedShare === null ? '' : String(line.estimatedShare),
      x_Requests: line.requests.toString(),
      x_TokenClass: name,
    })
  }
  return rows
}

function idleRow(line: ReportLine, settings: FocusSettings): FocusRow {
  // Hours to the billionth: µs ÷ 3.6e9, rounded down.
  const billionths = (BigInt(Math.round(line.engineSeconds * 1e6)) * 10n) / 36n
  const hours = decimalText(billionths, microsecondPlacesOfHours)
  const sku = `${served(line)}/idle`
  return {
    ...common(line, line.totalNanoUsd, settings),
    ChargeDescription: 'engine time that no request used',
    ConsumedQuantity: hours,
    ConsumedUnit: 'Hours',
    PricingQuantity: hours,
    PricingUnit: 'Hours',
    SkuId: sku,
    SkuPriceId: sku,
    Tags: '{}',
    x_EnergyCost: usdText(line.energyNanoUsd),
    x_TokenClass: 'idle',
  }
}

function common(line: ReportLine, cost: bigint, settings: FocusSettings): FocusRow {
  const { deployment = '', offer = '' } = line.dimensions
  const provider = offer === '' ? settings.organisation : (settings.providerOf ?? beforeSlash)(offer)
  const amount = usdText(cost)
  const startMs = line.bucketMs!
  return {
    BilledCost: amount,
    BillingAccountId: settings.billingAccountId,
    BillingAccountName: settings.billingAccountName,
    BillingCurrency: 'USD',
    BillingPeriodEnd: monthText(startMs, 1),
    BillingPeriodStart: monthText(startMs, 0),
    ChargeCategory: 'Usage',
    ChargeFrequency: 'Usage-Based',
    ChargePeriodEnd: timeText(startMs + dayMs),
    ChargePeriodStart: timeText(startMs),
    ContractedCost: amount,
    EffectiveCost: amount,
    InvoiceIssuerName: provider,
    ListCost: amount,
    PricingCategory: 'Standard',
    ProviderName: provider,
    PublisherName: provider,
    ResourceId: served(line),
    ResourceName: offer === '' ? deployment : offer,
    ResourceType: offer === '' ? 'Deployment' : 'API',
    ServiceCategory: 'AI and Machine Learning',
    ServiceName: offer === '' ? 'Self-hosted inference' : offer,
    ServiceSubcategory: 'Generative AI',
  }
}

function served({ dimensions: { deployment = '', offer = '' } }: ReportLine): string {
  return offer === '' ? `deployment/${deployment}` : `offer/${offer}`
}

function beforeSlash(offer: string): string {
  return offer.split('/')[0]!
}

/** Numbers of FOCUS have no exponent (NumericFormat allows one; not every reader does). */
function rateText(rate: number | null): string {
  return rate === null ? '' : rate.toFixed(6).replace(/\.?0+$/, '')
}

function timeText(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`
}

/** First moment of the month, or of a later one. */
function monthText(atMs: number, later: number): string {
  const date = new Date(atMs)
  return timeText(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + later))
}

function csvRow(row: FocusRow): string {
  return focusColumns.map(column => csvCell(row[column] ?? '')).join(',')
}

/** RFC 4180. A cell that a spreadsheet would run as a formula is led by an apostrophe (OWASP, CSV injection); numbers are not. */
function csvCell(text: string): string {
  const safe =
    /^[=+@\t\r]/.test(text) || (text.startsWith('-') && !/^-[\d.]+$/.test(text)) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
