import type { SchemaNode, ValueNode } from '../snapshot/node.js'
import { valueIn } from './revive.js'

/**
 * Values that are worth a try, to find one that a schema accepts and another refuses: the edges of both, and an example or two of
 * every format that zod knows.
 */
export function samplesOf(kind: string, ...nodes: readonly SchemaNode[]): readonly unknown[] {
  const edges = nodes.flatMap((node) => (node.checks ?? []).flatMap((check) => Object.values(check)))
  const literals = nodes.flatMap((node) => (node.values ?? []).map(valueIn))
  switch (kind) {
    case 'string':
      return [
        ...STRINGS,
        ...lengths(edges),
        ...affixed(nodes),
        ...literals.filter((value) => typeof value === 'string'),
      ]
    case 'number':
      return unique([
        ...NUMBERS,
        ...around(edges.filter((edge) => typeof edge === 'number')),
        ...products(edges),
        ...literals.filter((value) => typeof value === 'number'),
      ])
    case 'bigint':
      return unique([
        ...BIGINTS,
        ...edges
          .map((edge) => valueIn(edge as ValueNode))
          .flatMap((edge) => (typeof edge === 'bigint' ? [edge, edge - 1n, edge + 1n, edge * 2n] : [])),
      ])
    case 'date':
      return edges
        .map((edge) => valueIn(edge as ValueNode))
        .flatMap((edge) =>
          edge instanceof Date ? [-86_400_000, -1, 0, 1, 86_400_000].map((by) => new Date(edge.getTime() + by)) : [],
        )
        .concat([0, 1e12, 4e12, -1e13, 1.8e12].map((time) => new Date(time)))
    case 'boolean':
      return [true, false]
    case 'nan':
      return [Number.NaN]
    default:
      return []
  }
}

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)]

const BIGINTS = [0n, 1n, -1n, 2n, 3n, 5n, 7n, 10n, 100n, 2n ** 63n, -(2n ** 63n) - 1n, 2n ** 64n, 2n ** 70n]
const NUMBERS = [
  ...[0, 1, -1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 15, 25, 30, 50, 99, 100, 101, 1000, -2, -5, -100],
  ...[0.5, -0.5, 1.5, 0.1, 0.01, 0.25, 3.14159, 1e-9, 99.99],
  ...[
    2 ** 31,
    2 ** 31 - 1,
    -(2 ** 31) - 1,
    2 ** 32,
    2 ** 32 - 1,
    2 ** 53,
    2 ** 53 - 1,
    2 ** 60,
    1e21,
    1e39,
    -1e39,
    1e300,
  ],
]

function around(edges: readonly number[]): number[] {
  return edges.flatMap((edge) => [edge, edge - 1, edge + 1, edge - 0.5, edge + 0.5, -edge, edge - 1e-6, edge + 1e-6])
}

function products(edges: readonly unknown[]): number[] {
  const numbers = edges.filter((edge): edge is number => typeof edge === 'number' && edge !== 0)
  return numbers.flatMap((a) => [1, 2, 3, 5, 7, 11, -1, -3].map((by) => a * by))
}

function lengths(edges: readonly unknown[]): string[] {
  const numbers = edges.filter((edge): edge is number => typeof edge === 'number' && edge >= 0 && edge < 5000)
  const wanted = unique(numbers.flatMap((edge) => [edge - 1, edge, edge + 1])).filter((length) => length >= 0)
  return wanted.flatMap((length) => ['x'.repeat(length), '1'.repeat(length), 'A'.repeat(length), ' '.repeat(length)])
}

/** Texts with the beginnings, middles and ends that the schemas ask for. */
function affixed(nodes: readonly SchemaNode[]): string[] {
  const checks = nodes.flatMap((node) => node.checks ?? [])
  const texts = (name: string) => ['', ...checks.map((check) => check[name]).filter((text) => typeof text === 'string')]
  const result: string[] = []
  for (const prefix of texts('prefix'))
    for (const suffix of texts('suffix'))
      for (const middle of texts('includes'))
        for (const filler of ['', 'x', '1', ' ']) {
          result.push(prefix + middle + filler + suffix, prefix + filler + middle + suffix)
          if (result.length > 400) return result
        }
  return result
}

const UUID = '-89ab-4def-8123-456789abcdef'
const STRINGS: readonly string[] = [
  ...[
    '',
    ' ',
    '  ',
    'a',
    'b',
    'z',
    'A',
    'Z',
    'ab',
    'AB',
    'aB',
    'abc',
    'ABC',
    'abcd',
    'abcdefgh',
    'hello world',
    ' a ',
    'a b',
    'é',
    '日本',
    '💥',
  ],
  ...[
    '0',
    '1',
    '7',
    '12',
    '123',
    '1234',
    '12345',
    '123456',
    '-1',
    '1.5',
    '0.0',
    '1e5',
    'a1',
    'A1',
    'ab12',
    'a-b',
    'a_b',
    'a.b',
    'x1y2z3',
    '#fff',
    '#ffffff',
  ],
  ...[
    'true',
    'false',
    'null',
    '{}',
    '[]',
    '\n',
    'a\nb',
    'x'.repeat(40),
    'x'.repeat(300),
    'X'.repeat(40),
    '9'.repeat(40),
  ],
  ...[
    `01234567${UUID}`,
    `01234567${UUID}`.toUpperCase(),
    '01234567-89ab-7def-8123-456789abcdef',
    '01234567-89ab-1def-8123-456789abcdef',
  ],
  ...[
    '01234567-89ab-4def-0123-456789abcdef',
    '00000000-0000-0000-0000-000000000000',
    '01234567-89ab-6def-8123-456789abcdef',
  ],
  ...[
    'a@b.co',
    'first.last+tag@example.com',
    "o'neil@example.org",
    'A@B.CO',
    'x@sub.example.co.uk',
    'user_1@example.io',
  ],
  ...[
    'http://example.com',
    'https://example.com/a?b=c#d',
    'https://localhost:3000',
    'ftp://example.com',
    'mailto:a@b.co',
    'https://EXAMPLE.com',
    'custom:x',
  ],
  ...[
    '127.0.0.1',
    '10.0.0.255',
    '::1',
    '2001:db8::1',
    '10.0.0.0/8',
    '2001:db8::/32',
    '01:23:45:67:89:ab',
    '01-23-45-67-89-AB',
  ],
  ...[
    '2024-02-29',
    '2024-01-31',
    '12:30',
    '12:30:45',
    '12:30:45.123',
    '2024-01-31T12:30:45Z',
    '2024-01-31T12:30Z',
    '2024-01-31T12:30:45.123Z',
  ],
  ...[
    '2024-01-31T12:30:45.123456Z',
    '2024-01-31T12:30:45+02:00',
    '2024-01-31T12:30:45',
    '2024-01-31T12:30:45.123+02:00',
    '2024-01-31T12:30',
    'P1D',
    'PT1H30M',
    'P1Y2M3W',
  ],
  ...[
    'aGVsbG8=',
    'aGVsbG8',
    'a-_b',
    'YQ==',
    '+4912345678',
    '+15551234567',
    'deadbeef',
    'DEADBEEF',
    'cjld2cjxh0000qzrmn831i7rn',
    'tz4a98xxat96iws9zmbrgj3a',
  ],
  ...[
    '01ARZ3NDEKTSV4RRFFQ69G5FAV',
    '9m4e2mr0ui3e8a215n4g',
    '0ujtsYcgvSTl8PAuAdqWYSMnLOv',
    'V1StGXR8_Z5jdHi6B-myT',
    'U1StGXR8aZ5jdHi6BamyT',
    '😀',
  ],
  ...[
    'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.c2ln',
    'eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.e30.c2ln',
    'example.com',
    '4111111111111111',
    'DE89370400440532013000',
  ],
]
