/** The lists, as the book names them. */
import type { PriceSource } from '../../src/market/types.ts'

export const sources = {
  corrections: {
    title: 'Tokenwright, from announcements named in the notes',
    url: 'scripts/import-prices/corrections.ts',
    licence: 'Apache-2.0',
    asOf: '2026-09-23',
  },
  'genai-prices': {
    title: 'genai-prices, npm @pydantic/genai-prices 0.1.8',
    url: 'https://github.com/pydantic/genai-prices',
    licence: 'MIT',
    asOf: '2026-09-23',
  },
  litellm: {
    title: 'LiteLLM model_prices_and_context_window.json',
    url: 'https://github.com/BerriAI/litellm',
    licence: 'MIT',
    asOf: '2026-08-01',
  },
  openrouter: {
    title: 'OpenRouter models API',
    url: 'https://openrouter.ai/api/v1/models',
    licence: 'not stated; facts only',
    asOf: '2026-08-01',
  },
  'models.dev': {
    title: 'models.dev, commit f3fc6922',
    url: 'https://github.com/anomalyco/models.dev',
    licence: 'MIT',
    asOf: '2026-07-02',
  },
  'litellm-history': {
    title:
      'changes of LiteLLM’s list from 2025-02-06 on, by the day of the list, from github.com/RoCry/llm-api-price',
    url: 'https://github.com/BerriAI/litellm',
    licence: 'MIT',
    asOf: '2026-07-24',
  },
} as const satisfies Readonly<Record<string, PriceSource>>
