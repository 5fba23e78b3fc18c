import type { GatewayFlags } from './commands/gateway.ts'
export async function runGatewayDemo(_flags: GatewayFlags): Promise<void> {}
