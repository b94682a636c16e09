/** Long enough that no word and no test's own label is taken for a secret, short enough to find one that was cut. */
const PART = 16
const TOKEN = /[\w-]{16,}/g
const HEX = /(?:[0-9a-f]{2}[ %:]?){16,}/gi
const BYTES = /\d{1,3}(?:,\s+\d{1,3}){15,}/g
/** Then the texts read so far are compared with the secrets so far, and forgotten. */
const MAX_TOKENS = 50_000

/** Looks for secrets in texts, in whichever order the two become known. */
export interface LeakSearch {
  /** How many secrets there are to look for. */
  readonly size: number
  hide(secret: string): void
  read(place: string, text: string): void
  /** The places where a secret was found, whole or by its first or last 16 characters; forgets all texts. Never tells the secret. */
  take(): string[]
}

export function createLeakSearch(): LeakSearch {
  const secrets = new Set<string>()
  const tokens = new Map<string, Set<string>>()
  let kept = 0
  const found = new Set<string>()

  function compare(): void {
    if (kept === 0) return
    const parts = new Set<string>()
    for (const secret of secrets) parts.add(secret.slice(0, PART)).add(secret.slice(-PART))
    for (const [place, ofPlace] of tokens) {
      for (const token of ofPlace) if (formsOf(token).some((form) => holds(form, parts))) found.add(place)
    }
    tokens.clear()
    kept = 0
  }

  return {
    get size() {
      return secrets.size
    },
    hide(secret) {
      for (const [run] of secret.matchAll(TOKEN)) secrets.add(run)
    },
    read(place, text) {
      if (text.length < PART) return
      const ofPlace = tokens.get(place) ?? new Set()
      const before = ofPlace.size
      for (const token of tokensOf(text)) ofPlace.add(token)
      tokens.set(place, ofPlace)
      kept += ofPlace.size - before
      if (kept > MAX_TOKENS) compare()
    },
    take() {
      compare()
      const places = [...found].toSorted()
      found.clear()
      return places
    },
  }
}

/** What may be a secret or hold one: as it is, in hex (also `<Buffer 61 62>` and `%61%62`), and printed byte by byte. */
function* tokensOf(text: string): Generator<string> {
  for (const [token] of text.matchAll(TOKEN)) yield token
  for (const [hex] of text.matchAll(HEX)) yield hex.replaceAll(/[ %:]/g, '')
  for (const [list] of text.matchAll(BYTES)) yield Buffer.from(list.split(',').map(Number)).toString('hex')
}

/** A token, and what it says if it is hex or base64, wherever in that the secret starts. */
function formsOf(token: string): string[] {
  const bytes = /^[0-9a-f]+$/i.test(token) ? Buffer.from(token, 'hex') : Buffer.alloc(0)
  const shifted = [0, 1, 2, 3].map((shift) => Buffer.from(token.slice(shift), 'base64url').toString('latin1'))
  return [token, bytes.toString('latin1'), bytes.toString('base64url'), ...shifted]
}

function holds(text: string, parts: ReadonlySet<string>): boolean {
  for (let i = 0; i + PART <= text.length; i++) if (parts.has(text.slice(i, i + PART))) return true
  return false
}
