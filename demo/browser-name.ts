const BROWSERS = { Edg: 'Edge', OPR: 'Opera', Firefox: 'Firefox', Chrome: 'Chrome', Safari: 'Safari' }
const SYSTEMS = {
  Android: 'Android',
  iPhone: 'iPhone',
  iPad: 'iPad',
  Windows: 'Windows',
  'Mac OS X': 'macOS',
  Linux: 'Linux',
}

/** Enough for people to tell their devices apart. Browsers name older ones too, so the order counts. */
export function browserName(userAgent: string | null): string {
  const browser = firstIn(BROWSERS, userAgent) ?? 'A browser'
  const system = firstIn(SYSTEMS, userAgent)
  return system === undefined ? browser : `${browser} on ${system}`
}

function firstIn(names: Record<string, string>, userAgent: string | null): string | undefined {
  const found = Object.keys(names).find((mark) => userAgent?.includes(mark))
  return found === undefined ? undefined : names[found]
}
