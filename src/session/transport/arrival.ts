/** How a request came to the client's eyes: browsers keep Secure cookies over https and from localhost alone. */
export type Arrival = 'https' | 'localhost' | 'http'

type Header = (name: string) => string | undefined

/**
 * Only for warnings, never for a decision: what a proxy hides is guessed from what browsers and proxies add. Undefined for a
 * request without a host.
 * @param encrypted whether this server itself ended TLS
 */
export function arrivalOf(header: Header, encrypted: boolean): Arrival | undefined {
  const forwarded = forwardedProtocol(header)
  if (encrypted || forwarded === 'https') return 'https'
  const host = header('host')
  const site = header('sec-fetch-site')
  const origin = header('origin')
  if (origin?.startsWith('https://') && (site === 'same-origin' || origin === `https://${host}`)) return 'https'
  if (!host) return undefined
  if (LOCALHOST.test(host)) return 'localhost'
  if (forwarded === 'http') return 'http'
  // Browsers send this over https and to localhost alone.
  return site === undefined ? 'http' : 'https'
}

/** What the proxy next to the client has said. */
function forwardedProtocol(header: Header): string | undefined {
  const [, proto] = /(?:^|[;,\s])proto="?(\w+)/i.exec(header('forwarded') ?? '') ?? []
  return (proto ?? header('x-forwarded-proto')?.split(',')[0]?.trim())?.toLowerCase()
}

/** From which browsers take Secure cookies over plain http. */
const LOCALHOST = /^(?:(?:[\w-]+\.)*localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/i
