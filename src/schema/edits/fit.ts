import type { SchemaNode } from '../snapshot/node.js'
import type { Position } from './positions.js'

/** What becomes of a stored value when another schema reads it, from harmless to lost. */
export type Level = 'safe' | 'lossy' | 'undecided' | 'breaking'

/** Something that is not safe, and where. */
export interface Note {
  readonly path: string
  readonly level: Exclude<Level, 'safe'>
  /** What of the values, in words that follow a colon. */
  readonly what: string
}

/** How the values of one schema fare with another. */
export interface Fit {
  /** Which of them it refuses. `some` and `all` are certain, `maybe` is not. */
  readonly refuses: 'none' | 'maybe' | 'some' | 'all'
  /** Whether what it accepts is read as something else, or as less. */
  readonly changes: 'none' | 'maybe' | 'some'
  readonly notes: readonly Note[]
}

/** Where in two schemas a comparison is. */
export interface Place {
  readonly path: string
  /** The objects around here, whose key names the codec knows: as it wrote them, and as it will read them. */
  readonly written: Position
  readonly reading: Position
  /** A check that nobody can look into narrows what the writer may have stored, so that no counterexample is certain. */
  readonly fuzzy: boolean
}

/** Compares two nodes. Handed down, so that kinds of schemas need not know each other. */
export interface Comparison {
  /** Whether the codec stores the names of known keys as hashes. */
  readonly hashed: boolean
  read(written: SchemaNode, reading: SchemaNode, place: Place): Fit
  /** What a `ref` or a wrapper stands for. */
  readonly writtenNode: (node: SchemaNode) => SchemaNode
  readonly readingNode: (node: SchemaNode) => SchemaNode
}

export const FITS: Fit = { refuses: 'none', changes: 'none', notes: [] }

/** A refusal; what is found by a counterexample is certain only where nothing narrows the values further. */
export function refuses(place: Place, how: 'maybe' | 'some' | 'all', what: string): Fit {
  const refused = how === 'some' && place.fuzzy ? 'maybe' : how
  return {
    refuses: refused,
    changes: 'none',
    notes: [{ path: place.path, level: refused === 'maybe' ? 'undecided' : 'breaking', what }],
  }
}

export function changes(place: Place, how: 'maybe' | 'some', what: string): Fit {
  return {
    refuses: 'none',
    changes: how,
    notes: [{ path: place.path, level: how === 'maybe' ? 'undecided' : 'lossy', what }],
  }
}

const REFUSED = ['none', 'maybe', 'some', 'all'] as const
const CHANGED = ['none', 'maybe', 'some'] as const

/** All of them hold of the same values: a part of a value that is refused refuses the whole. */
export function together(fits: readonly Fit[]): Fit {
  return {
    refuses: REFUSED[Math.max(0, ...fits.map((fit) => REFUSED.indexOf(fit.refuses)))] ?? 'none',
    changes: CHANGED[Math.max(0, ...fits.map((fit) => CHANGED.indexOf(fit.changes)))] ?? 'none',
    notes: fits.flatMap((fit) => fit.notes),
  }
}

/** Each holds of a part of the values: only if all parts are refused is everything refused. */
export function eitherOr(fits: readonly Fit[]): Fit {
  const both = together(fits)
  if (both.refuses !== 'all' || fits.every((fit) => fit.refuses === 'all')) return both
  return { ...both, refuses: 'some' }
}

/** The same for parts that may be missing from a value: it need not have what is refused. */
export function atMostSome(fit: Fit): Fit {
  return fit.refuses === 'all' ? { ...fit, refuses: 'some' } : fit
}
