/** What a value is, for messages: never what it contains. */
export function describeShape(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return `string of ${count(value.length, 'character')}`
  if (typeof value !== 'object') return Number.isNaN(value) ? 'NaN' : typeof value
  if (Array.isArray(value)) return `array of ${count(value.length, 'item')}`
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return 'object'
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid Date' : 'Date'
  return value.constructor?.name || 'object'
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}

/** The same as a noun, to follow "is". */
export function describeNoun(value: unknown): string {
  const shape = typeof value === 'function' ? kindOfFunction(value) : describeShape(value)
  if (value === undefined || value === null || Number.isNaN(value)) return shape
  return `${/^[aeiou]/i.test(shape) ? 'an' : 'a'} ${shape}`
}

export function isAsyncFunction(value: unknown): boolean {
  return typeof value === 'function' && kindOfFunction(value) === 'async function'
}

export function isClass(value: unknown): boolean {
  return typeof value === 'function' && kindOfFunction(value) === 'class'
}

function kindOfFunction(value: unknown): string {
  if (/^\[object Async/.test(Object.prototype.toString.call(value))) return 'async function'
  return /^class\b/.test(Function.prototype.toString.call(value)) ? 'class' : 'function'
}
