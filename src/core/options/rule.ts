import * as z from 'zod/v4/core'
import { describeNoun, isAsyncFunction, isClass } from '../shape.js'
import { isThenable } from '../thenable.js'

declare const exactly: unique symbol

/** A word where one of a few is expected, or a number where one is. */
type Shown = 'word' | 'number' | undefined

/** What one option may be. `T` is the option's own type, no wider and no narrower: the compiler compares the two. */
export interface Rule<T> {
  readonly schema: z.$ZodType
  /** What is allowed, in words that follow "it is". */
  readonly allowed: string
  /** What a message may show of a value that is not allowed: never a word where a secret could be meant. */
  readonly shows?: Shown
  /** Of an object: what is in it. */
  readonly parts?: Parts
  /** Of a list: what each item may be. */
  readonly item?: AnyRule
  readonly [exactly]?: (value: T) => T
}

/** A rule of which only the words are of interest. */
export type AnyRule = Omit<Rule<unknown>, typeof exactly>

interface Parts {
  readonly rules: Readonly<Record<string, AnyRule>>
  /** What other libraries, or other places of this one, call an option: the remedy for each name. */
  readonly elsewhere: Readonly<Record<string, string>>
}

type KeyOf<T> = T extends unknown ? keyof T & string : never
type ValueOf<T, K extends string> = T extends unknown ? (K extends keyof T ? Exclude<T[K], undefined> : never) : never

/** A rule for every option of an interface, or of each interface of a union: one that is forgotten does not compile. */
export type RulesFor<T> = { readonly [K in KeyOf<T>]: Rule<ValueOf<T, K>> }

/** True or false. */
export const flag: Rule<boolean> = rule(
  'true or false',
  'word',
  (error) => new z.$ZodBoolean({ type: 'boolean', error }),
)

/** One of a few words. */
export function oneOf<const T extends string>(...words: readonly [T, ...T[]]): Rule<T> {
  const entries = Object.fromEntries(words.map((word) => [word, word]))
  return rule(
    wordList(words.map((word) => `'${word}'`)),
    'word',
    (error) => new z.$ZodEnum({ type: 'enum', entries, error }),
  )
}

/** One value and no other. */
export function oneOnly<const T extends boolean>(value: T): Rule<T> {
  return test(String(value), (given) => given === value)
}

/** A number that `isAllowed` takes. */
export function number(allowed: string, isAllowed: (value: number) => boolean): Rule<number> {
  return test(allowed, (value) => typeof value === 'number' && isAllowed(value), 'number')
}

/** A whole number. @param what for the message: `seconds` */
export function whole(what: string, min: number, max: number, note = ''): Rule<number> {
  const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `from ${min} to ${max}`
  return number(`whole ${what}, ${range}${note}`, (value) => Number.isInteger(value) && value >= min && value <= max)
}

/** A string that `isAllowed` takes. It is not shown. */
export function text<T extends string>(allowed: string, isAllowed: (value: string) => boolean = () => true): Rule<T> {
  return test(allowed, (value) => typeof value === 'string' && isAllowed(value))
}

/** A Date that is one. */
export function date(meaning: string): Rule<Date> {
  return rule(`a valid Date: ${meaning}`, undefined, (error) => new z.$ZodDate({ type: 'date', error }))
}

/** A function whose result is of use at once, so it is neither async nor a class. */
export function fn<T>(allowed: string): Rule<T> {
  return test(allowed, (value) => typeof value === 'function' && !isAsyncFunction(value) && !isClass(value))
}

/** A function whose result nobody looks at: it may be async. */
export function listener<T>(allowed = 'a function'): Rule<T> {
  return test(allowed, (value) => typeof value === 'function' && !isClass(value))
}

/** An object known by what it can do; what else is in it is its own affair. */
export function made<T>(allowed: string, methods: readonly string[], isAllowed?: (value: never) => boolean): Rule<T> {
  return test(allowed, (value) => {
    if (typeof value !== 'object' || value === null || isThenable(value)) return false
    const found = value as Readonly<Record<string, unknown>>
    return methods.every((name) => typeof found[name] === 'function') && (isAllowed?.(value as never) ?? true)
  })
}

/** Anything that `isAllowed` takes. */
export function test<T>(allowed: string, isAllowed: (value: unknown) => boolean, shows?: Shown): Rule<T> {
  return rule(
    allowed,
    shows,
    (error) => new z.$ZodCustom({ type: 'custom', check: 'custom', abort: true, fn: isAllowed, error }),
  )
}

/** An array of any length. */
export function list<T extends readonly unknown[]>(allowed: string, item: Rule<T[number]>): Rule<T> {
  const found = rule<T>(allowed, undefined, (error) => new z.$ZodArray({ type: 'array', element: item.schema, error }))
  return { ...found, item }
}

/** One or the other. */
export function either<A, B>(
  one: Rule<A>,
  other: Rule<B>,
  allowed = `${one.allowed}, or ${other.allowed}`,
): Rule<A | B> {
  // A word may be a secret that belongs to the other kind; a number never is one.
  const shows = one.shows === 'number' ? 'number' : undefined
  const options = [one.schema, other.schema]
  const found = rule<A | B>(allowed, shows, (error) => new z.$ZodUnion({ type: 'union', options, error }))
  return { ...found, ...pick(one), ...pick(other) }
}

/** An object with these options and no others, each of which may be left out or undefined. */
export function group<T extends object>(
  rules: RulesFor<T>,
  elsewhere: Readonly<Record<string, string>> = {},
  /** Those that may not be left out. */
  needed: readonly (keyof RulesFor<T>)[] = [],
): Rule<T> {
  const parts = { rules: rules as Readonly<Record<string, AnyRule>>, elsewhere }
  const shape = Object.fromEntries(
    Object.entries(parts.rules).map(([name, { schema }]) => [
      name,
      (needed as readonly string[]).includes(name)
        ? schema
        : new z.$ZodOptional({ type: 'optional', innerType: schema }),
    ]),
  )
  const names = Object.keys(shape)
  const allowed = names.length === 0 ? 'left out' : `an object${names.length > 8 ? '' : ` \`{ ${names.join(', ')} }\``}`
  const found = rule<T>(allowed, undefined, (error) => {
    const bag = new z.$ZodCustom({ type: 'custom', check: 'custom', abort: true, fn: isBag, error })
    const catchall = new z.$ZodNever({ type: 'never' })
    return new z.$ZodPipe({ type: 'pipe', in: bag, out: new z.$ZodObject({ type: 'object', shape, catchall, error }) })
  })
  return { ...found, parts }
}

/** Not a Map, a Date or a promise, in which no option would be found. */
function isBag(value: unknown): boolean {
  return typeof value === 'object' && /^\[object (Object|Module)\]$/.test(Object.prototype.toString.call(value))
}

function pick({ parts, item }: AnyRule): Partial<AnyRule> {
  return { ...(parts && { parts }), ...(item && { item }) }
}

function rule<T>(allowed: string, shows: Shown, schemaOf: (error: z.$ZodErrorMap) => z.$ZodType): Rule<T> {
  const error: z.$ZodErrorMap = ({ input }) => `${received(input, shows)}; it is ${allowed}.${remedy(input)}`
  return { schema: schemaOf(error), allowed, ...(shows && { shows }) }
}

/** What came. A word is shown where one of a few is expected, and a number where one is; else no value ever is. */
function received(input: unknown, shows: Shown): string {
  if (input === undefined) return 'is missing'
  if (shows === 'word' && typeof input === 'string' && /^[a-z]+(-[a-z]+)*$/i.test(input) && input.length <= 16)
    return `is '${input}'`
  if (shows === 'number' && typeof input === 'number') return `is ${input}`
  return `is ${describeNoun(input)}`
}

function remedy(input: unknown): string {
  if (isThenable(input)) return ' Await it first.'
  if (isAsyncFunction(input)) return ' An async function cannot be waited for here.'
  if (isClass(input)) return ' Make an instance of it.'
  return typeof input === 'function' ? ' Perhaps it has only to be called.' : ''
}

function wordList(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}
