/** `tokenwright gateway`: one door in front of own engines and APIs, with books. */
import { Command, Option } from 'commander'

export interface GatewayFlags {
  readonly demo: boolean
  readonly check: boolean
  readonly logFormat: 'json' | 'text' | 'none'
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  readonly grace: string
  readonly seed: string
  readonly seconds?: string
}

const examples = `
Examples:
  $ tokenwright gateway --demo
  $ tokenwright gateway gateway.yaml
  $ tokenwright gateway gateway.yaml --check
  $ curl http://127.0.0.1:4000/v1/chat/completions -H "Authorization: Bearer $KEY" -H "x-tokenwright-explain: 1" \\
      -d '{"model": "llama", "messages": [{"role": "user", "content": "Hello"}]}'
  $ tokenwright ledger report --by tenant,model --since 7d

The configuration names deployments (own engines, paid by the hour), offers (APIs, paid by the token), models (aliases that clients
ask for, served by some of these), tenants and keys: docs/reference/gateway-config.md. Secrets stand in the environment, never in it.
It is read again when it changes, or on SIGHUP; a bad one is refused and the old one stays. SIGTERM and Ctrl-C let requests under
way end. Guide: docs/guides/gateway.md.
`

export function gatewayCommand(): Command {
  return new Command('gateway')
    .description(
      'An OpenAI- and Anthropic-compatible gateway: each request where it is cheapest within its objective, every token and ' +
        'GPU-hour on a ledger that adds up to the bill.',
    )
    .argument('[config]', 'gateway.yaml, or JSON')
    .option(
      '--demo',
      'two emulated deployments of different price, traffic, and the live cost per token; needs nothing',
      false,
    )
    .option('--check', 'read the configuration, say what it means, and end', false)
    .addOption(
      new Option('--log-format <format>', 'of the line that each request gets, on standard error')
        .choices(['json', 'text', 'none'])
        .default('text'),
    )
    .addOption(
      new Option('--log-level <level>', 'lines below it are left out')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('info'),
    )
    .option('--grace <duration>', 'on SIGTERM, requests under way may go on for so long', '30s')
    .option('--seed <seed>', 'of what is drawn by chance: sampled decisions, two choices, jitter', '1')
    .option('--seconds <seconds>', 'with --demo: end after so long and print the books')
    .addHelpText('after', examples)
    .action(async (config: string | undefined, flags: GatewayFlags) => {
      const { runGateway } = await import('../gateway-run.ts')
      await runGateway(config, flags)
    })
}
