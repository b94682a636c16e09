import { createHmac, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'
import { SessionConfigError } from './errors.js'
import { describeNoun } from './shape.js'
import { isWellFormed } from './well-formed.js'

/** One secret, or a list of them: the first is used for new work, all are accepted, so that secrets can be rotated. */
export type Secrets = string | readonly (string | Uint8Array)[]

/** One key for one purpose. `id` is public: it says which secret the key came from, and nothing about it. */
export interface DerivedKey {
  /** Four bytes. */
  readonly id: Uint8Array
  /** 32 bytes. A KeyObject, so that printing it shows nothing. */
  readonly key: KeyObject
}

/** Secrets that nobody sees again: only keys derived from them come out, a different one for each purpose. */
export interface Keyring {
  /** The keys of one purpose, newest secret first. The same array on every call. */
  derive(purpose: string): readonly [DerivedKey, ...DerivedKey[]]
}

const MIN_BYTES = 32
/** 32 random hexadecimal digits have fewer than 8 different ones once in 25 million. */
const MIN_DISTINCT = 8

/**
 * A key ring. Secrets are text of at least 32 characters (`generateSecret()` makes good ones) or at least 32 bytes.
 * @throws SessionConfigError for a secret that is too short or repeats itself, or is there twice; the message never shows it
 */
export function createKeyring(secrets: Secrets): Keyring {
  const given: readonly unknown[] = Array.isArray(secrets) ? secrets : [secrets]
  if (given.length === 0) throw new SessionConfigError(`The list of secrets is empty. ${REMEDY}`)
  const materials: Buffer[] = []
  for (const [index, secret] of given.entries()) {
    const material = toMaterial(secret, given.length > 1 ? `Secret ${index + 1} of ${given.length}` : 'The secret')
    const twin = materials.findIndex((other) => other.equals(material))
    if (twin >= 0)
      throw new SessionConfigError(`Secrets ${twin + 1} and ${index + 1} are the same. List each secret once.`)
    materials.push(material)
  }
  const derived = new Map<string, [DerivedKey, ...DerivedKey[]]>()
  return Object.freeze({
    derive(purpose: string) {
      let keys = derived.get(purpose)
      if (!keys) {
        keys = materials.map((material) => deriveKey(material, purpose)) as [DerivedKey, ...DerivedKey[]]
        derived.set(purpose, keys)
      }
      return keys
    },
  })
}

/** A new secret: 32 bytes from the system's random source, as 43 characters of base64url. */
export function generateSecret(): string {
  return randomBytes(MIN_BYTES).toString('base64url')
}

function deriveKey(material: Buffer, purpose: string): DerivedKey {
  const key = createSecretKey(Buffer.from(hkdfSync('sha256', material, '', `zession ${purpose}`, 32)))
  const id = new Uint8Array(createHmac('sha256', key).update('zession key id').digest().subarray(0, 4))
  return { id, key }
}

/** A copy, so that the caller may wipe what was given. */
function toMaterial(secret: unknown, which: string): Buffer {
  const text = typeof secret === 'string'
  if (!text && !(secret instanceof Uint8Array))
    throw weak(which, `is ${describeNoun(secret)}, not a string or a Uint8Array`)
  const unit = text ? 'characters' : 'bytes'
  if (secret.length < MIN_BYTES) throw weak(which, `has ${secret.length} ${unit}, of at least ${MIN_BYTES}`)
  const distinct = new Set<string | number>(secret).size
  if (distinct < MIN_DISTINCT) throw weak(which, `has only ${distinct} different ${unit}`)
  if (text && !isWellFormed(secret))
    throw weak(which, 'has a lone surrogate, so it is no Unicode text: another could give the same keys')
  // A text that is found inside its own double before the end repeats a part of itself.
  const looks = text ? secret : Buffer.from(secret).toString('latin1')
  if ((looks + looks).indexOf(looks, 1) < looks.length) throw weak(which, 'repeats one part over and over')
  return Buffer.from(text ? new TextEncoder().encode(secret) : secret)
}

const REMEDY =
  'Make one with `generateSecret()`, or `openssl rand -base64 32`, and give it to every server from outside the code.'

function weak(which: string, what: string): SessionConfigError {
  return new SessionConfigError(`${which} ${what}. ${REMEDY}`)
}
