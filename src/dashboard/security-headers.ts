/**
 * Headers of every answer. The page is one origin: scripts, workers, styles and data come from it, nothing inline, nothing
 * from elsewhere. Isolation (COOP, COEP) lets the page share memory with its workers, which is how stale work is called off.
 * Sources: W3C Content Security Policy Level 3; HTML Living Standard, cross-origin isolation.
 */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "style-src 'self'",
    // data: and blob: are figures that the page itself draws when it saves them.
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "font-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}
