import * as z from 'zod/v4/core'
import type { CheckNode, SchemaNode, ValueNode } from '../snapshot/node.js'

/** Whether a check is code that only the app has. */
export function isOpaque(check: CheckNode): boolean {
  return (
    /"code":/.test(JSON.stringify(check)) || ['property', 'properties', 'mime_type', 'custom'].includes(check.check)
  )
}

/** A value that was written as data. */
export function valueIn(node: ValueNode): unknown {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return node
  const told = node as Readonly<Record<string, unknown>>
  if ('bigint' in told) return BigInt(String(told['bigint']))
  if ('date' in told) return new Date(String(told['date']))
  if ('number' in told) return Number(told['number'])
  if ('regex' in told) return new RegExp(String(told['regex']), (told['flags'] as string | undefined) ?? '')
  return undefined
}

const FORMATS: Readonly<Record<string, (new (def: never) => unknown) | undefined>> = {
  guid: z.$ZodGUID,
  uuid: z.$ZodUUID,
  email: z.$ZodEmail,
  url: z.$ZodURL,
  emoji: z.$ZodEmoji,
  nanoid: z.$ZodNanoID,
  cuid: z.$ZodCUID,
  cuid2: z.$ZodCUID2,
  ulid: z.$ZodULID,
  xid: z.$ZodXID,
  ksuid: z.$ZodKSUID,
  datetime: z.$ZodISODateTime,
  date: z.$ZodISODate,
  time: z.$ZodISOTime,
  duration: z.$ZodISODuration,
  ipv4: z.$ZodIPv4,
  ipv6: z.$ZodIPv6,
  mac: (z as { $ZodMAC?: new (def: never) => unknown }).$ZodMAC,
  cidrv4: z.$ZodCIDRv4,
  cidrv6: z.$ZodCIDRv6,
  base64: z.$ZodBase64,
  base64url: z.$ZodBase64URL,
  e164: z.$ZodE164,
  jwt: z.$ZodJWT,
  credit_card: (z as { $ZodCreditCard?: new (def: never) => unknown }).$ZodCreditCard,
  iban: (z as { $ZodIBAN?: new (def: never) => unknown }).$ZodIBAN,
  regex: z.$ZodCheckRegex,
  lowercase: z.$ZodCheckLowerCase,
  uppercase: z.$ZodCheckUpperCase,
  includes: z.$ZodCheckIncludes,
  starts_with: z.$ZodCheckStartsWith,
  ends_with: z.$ZodCheckEndsWith,
}

const CHECKS: Readonly<Record<string, new (def: never) => unknown>> = {
  less_than: z.$ZodCheckLessThan,
  greater_than: z.$ZodCheckGreaterThan,
  multiple_of: z.$ZodCheckMultipleOf,
  number_format: z.$ZodCheckNumberFormat,
  bigint_format: z.$ZodCheckBigIntFormat,
  min_length: z.$ZodCheckMinLength,
  max_length: z.$ZodCheckMaxLength,
  length_equals: z.$ZodCheckLengthEquals,
  min_size: z.$ZodCheckMinSize,
  max_size: z.$ZodCheckMaxSize,
  size_equals: z.$ZodCheckSizeEquals,
}

const REWRITES = {
  trim: (text: string) => text.trim(),
  toLowerCase: (text: string) => text.toLowerCase(),
  toUpperCase: (text: string) => text.toUpperCase(),
} as const

function checkIn(node: CheckNode): z.$ZodCheck | undefined {
  if (isOpaque(node)) return undefined
  const def = Object.fromEntries(
    Object.entries(node).map(([name, fact]) => [
      name,
      name === 'tx' ? REWRITES[fact as keyof typeof REWRITES] : (valueIn(fact as ValueNode) ?? fact),
    ]),
  )
  if (node.check === 'overwrite') return new z.$ZodCheckOverwrite(def as never)
  const { format } = node as { readonly format?: string }
  const own = node.check === 'string_format' ? FORMATS[format ?? ''] : CHECKS[node.check]
  const base = own ?? (node.check === 'string_format' ? z.$ZodCheckStringFormat : undefined)
  if (!base) return undefined
  const isSchema =
    node.check === 'string_format' && !['includes', 'starts_with', 'ends_with', 'regex'].includes(format ?? '')
  return new base({ ...def, ...(isSchema ? { type: 'string' } : {}) } as never) as z.$ZodCheck
}

/** A schema of one value, made again from its description, without the code that only the app has. Undefined for other kinds. */
export function revive(node: SchemaNode): z.$ZodType | undefined {
  const checks = (node.checks ?? []).flatMap((check) => checkIn(check) ?? []) as unknown as z.$ZodCheck<never>[]
  const coerce = node['coerce'] === true ? { coerce: true } : {}
  switch (node.type) {
    case 'string':
      return new z.$ZodString({ type: 'string', checks: checks as unknown as z.$ZodCheck<string>[], ...coerce })
    case 'number':
      return new z.$ZodNumber({ type: 'number', checks, ...coerce })
    case 'bigint':
      return new z.$ZodBigInt({ type: 'bigint', checks, ...coerce } as never)
    case 'date':
      return new z.$ZodDate({ type: 'date', checks, ...coerce } as never)
    case 'boolean':
      return new z.$ZodBoolean({ type: 'boolean', ...coerce } as never)
    case 'nan':
      return new z.$ZodNaN({ type: 'nan' })
    case 'null':
      return new z.$ZodNull({ type: 'null' })
    case 'literal':
    case 'enum':
      return new z.$ZodLiteral({ type: 'literal', values: (node.values ?? []).map(valueIn) as never })
    case 'template_literal':
      return new z.$ZodString({
        type: 'string',
        checks: [
          new z.$ZodCheckRegex({
            check: 'string_format',
            format: 'regex',
            pattern: valueIn(node['pattern'] as ValueNode) as RegExp,
          }),
        ],
      })
    default:
      return undefined
  }
}
