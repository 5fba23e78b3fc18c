/**
 * The gateway as one thing: from a configuration to two ports that answer, and back. Everything else in src/gateway is a part of it that
 * stands by itself. Reading order: start-gateway.ts, then proxy/data-plane.ts, proxy/request-life.ts, proxy/request-books.ts.
 */
export { type Gateway, type GatewaySettings, startGateway } from './start-gateway.ts'
