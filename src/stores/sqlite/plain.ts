import type { Binding } from '../sql/dialect.js'

/** Keys and texts as they are: SQLite indexes and compares them byte for byte. */
export const plain: Binding = {
  row: (key) => ({ key }),
  newRow: (key) => ({ key }),
  target: (key) => ({ to: key }),
  text: (text) => text,
  contents: ({ bytes, revision, expiresAt, subject }) => ({
    bytes: new Uint8Array(bytes),
    version: revision,
    expiresAt: expiresAt === 'keep' ? null : expiresAt,
    subject: subject ?? null,
  }),
  prefix(prefix) {
    const end = afterAll(prefix)
    return { from: prefix, ...(end === undefined ? {} : { end }) }
  },
  start: '',
}

/** The smallest text above every text that starts with `prefix`; undefined when there is none. */
function afterAll(prefix: string): string | undefined {
  const points = Array.from(prefix, (char) => char.codePointAt(0) ?? 0)
  for (let point = points.pop(); point !== undefined; point = points.pop()) {
    // UTF-8 sorts as code points do; the surrogates between D7FF and E000 are no characters.
    if (point < 0x10ffff) return String.fromCodePoint(...points, point === 0xd7ff ? 0xe000 : point + 1)
  }
  return undefined
}
