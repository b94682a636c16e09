/** What a value is at run time: a date that was stored comes back as a `Date`, not as text. */
export function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return `Array (${value.length})`
  if (typeof value === 'object') return value.constructor?.name ?? 'Object'
  return typeof value
}

/** A value for reading, with the types inside it visible. */
export function formatValue(value: unknown): string {
  if (value instanceof Date) return `Date ${value.toISOString()}`
  if (Array.isArray(value)) return value.length === 0 ? '[]' : value.map(inLine).join('\n')
  if (typeof value === 'object' && value !== null) return fields(value).join('\n')
  return typeof value === 'string' ? `'${value}'` : String(value)
}

function inLine(value: unknown): string {
  return typeof value === 'object' && value !== null ? `{ ${fields(value).join(', ')} }` : formatValue(value)
}

function fields(value: object): string[] {
  return Object.entries(value).map(([key, inner]) => `${key}: ${formatValue(inner)}`)
}
