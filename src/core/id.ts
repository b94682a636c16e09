import { hash } from 'node:crypto'
import { SessionConfigError } from './errors.js'
import { randomToken } from './random.js'

declare const sessionIdBrand: unique symbol

/** The secret that names a session, in the client's cookie only: never stored, logged or shown. */
export type SessionId = string & { readonly [sessionIdBrand]: true }

const ID_BYTES = 32
const ID_LENGTH = Math.ceil((ID_BYTES * 4) / 3)
const ID_CHARACTERS = /^[A-Za-z0-9_-]+$/
const MAX_ID_LENGTH = 256

/** How ids of one definition are made and recognised. */
export interface IdPolicy {
  generate(): SessionId
  /** A syntax check before anything is looked up: what it refuses never reaches a store. */
  accepts(candidate: string): candidate is SessionId
}

/** 256 random bits, base64url (RFC 4648 section 5, without padding). */
export const randomIds: IdPolicy = {
  generate: () => randomToken(ID_BYTES) as SessionId,
  accepts: (candidate): candidate is SessionId => candidate.length === ID_LENGTH && ID_CHARACTERS.test(candidate),
}

/** Ids from the app's own generator: at least 22 characters, which is 128 bits of base64url (ASVS 7.2.3 asks for as many). */
export function generatedIds(generate: () => string): IdPolicy {
  const accepts = (candidate: string): candidate is SessionId =>
    candidate.length >= 22 && candidate.length <= MAX_ID_LENGTH && ID_CHARACTERS.test(candidate)
  return {
    accepts,
    generate() {
      const id = generate()
      if (typeof id !== 'string' || !accepts(id)) {
        throw new SessionConfigError(
          '`generateId` must return 22 to 256 characters of A-Z a-z 0-9 _ - with at least 128 random bits. Leave it out to get 256 bits.',
        )
      }
      return id
    },
  }
}

/**
 * Where the record of an id lives: `name:` + marker + SHA-256(name, 0, id). The id itself is never stored, so a leaked
 * store opens no session; the marker makes sure that a leaked key is never taken for an id.
 */
export function hashedKey(name: string, id: SessionId): string {
  return `${hashedPrefix(name)}${digest(`${name}\0${id}`)}`
}

/** What the keys of all sessions of a definition start with, and nothing else does. */
export function hashedPrefix(name: string): string {
  return `${name}:h1.`
}

/** A one-way name for something else that a definition keeps: `marker` says what. @param text well-formed, see `isWellFormed` */
export function digestKey(name: string, marker: string, text: string): string {
  return digestPrefix(name, marker) + digest(`${marker}\0${name}\0${text}`)
}

/** What such a name begins with. */
export function digestPrefix(name: string, marker: string): string {
  return `${name}:${marker}.`
}

/** A short one-way name of a session for logs (ASVS 16.2.5), made from its store key. It is part of neither key nor id. */
export function refOf(key: string): string {
  return digest(`ref\0${key}`).slice(0, 12)
}

function digest(text: string): string {
  return hash('sha256', text, 'base64url')
}
