import type { OldRequest } from '../../session/transport/adopt-port.js'

/** No cookie is longer, and no chunked one of any library. */
const MAX_LENGTH = 65_536
/** As many as are tried of ours. */
const MAX_CANDIDATES = 3

/** What came under a cookie name, percent-decoded as cookie libraries do: untrusted, and none that is too long to be one. */
export function cookieTexts({ cookie }: OldRequest, name: string): readonly string[] {
  return cookie(name)
    .filter((text) => text.length > 0 && text.length <= MAX_LENGTH)
    .slice(0, MAX_CANDIDATES)
    .map(decoded)
}

/** The first that `find` makes something of. */
export async function firstOf<T>(
  texts: readonly string[],
  find: (text: string) => T | undefined | Promise<T | undefined>,
): Promise<T | undefined> {
  for (const text of texts) {
    const found = await find(text)
    if (found !== undefined) return found
  }
  return undefined
}

/** The parts of a cookie that is too long for one, or nothing when one of them is missing. */
export function joined(request: OldRequest, names: readonly string[]): string | undefined {
  const parts = names.map((name) => cookieTexts(request, name)[0])
  if (parts.length === 0 || parts.includes(undefined)) return undefined
  const text = parts.join('')
  return text.length <= MAX_LENGTH ? text : undefined
}

function decoded(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
