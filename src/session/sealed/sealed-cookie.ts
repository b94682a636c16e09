import { SessionError } from '../../core/errors.js'
import type { SessionId } from '../../core/id.js'
import type { Revision, StoreKey } from '../../stores/port.js'
import type { Seal } from '../../stores/sealed.js'
import type { CookieAttributes, SessionCookie } from '../transport/cookie.js'
import type { IdLifetime, TransportResponse } from '../transport/transport.js'
import type { Held, Opened } from './held.js'
import { decodePayload, encodePayload } from './payload.js'

/** Browsers drop a cookie over this many bytes, name and value together; older ones count its attributes too (RFC 6265, section 6.1). */
const MAX_COOKIE_BYTES = 4096
/** So many pieces are read and removed, whatever the definition writes: it may have written more before. */
const MAX_PIECES = 8
/** How many cookies of one name are opened: each costs a decryption. */
const MAX_CANDIDATES = 8
/** How many opened cookies one process keeps, twice. */
const MAX_KNOWN = 500
/** How many of these are kept. */
const MAX_LINES = 100
/** A session in several cookies: the first one begins with their number. */
const SEVERAL = /^([2-8])\.([A-Za-z0-9_-]+)$/

export interface SealedCookieOptions {
  /** The cookie of a piece, from 0 on; the first has the plain name. */
  readonly piece: (index: number) => SessionCookie
  readonly seal: Seal
  readonly chunks: number
  readonly keyOf: (id: SessionId) => StoreKey
  readonly accepts: (id: string) => id is SessionId
  /** What the name of every subject begins with. */
  readonly subjectPrefix: string
}

/** What a request has brought. */
export interface Brought {
  readonly opened: readonly Opened[]
  /** The cookies as they came. */
  readonly texts: readonly string[]
  /** Those that do not open: changed, made elsewhere, or sealed by a secret that is gone. */
  readonly unreadable: number
  /** Which pieces beside the first it has, in order. */
  readonly pieces: readonly number[]
}

/** The cookie that holds the sessions of a definition, in one mode of the process. */
export class SealedCookie {
  readonly #options: SealedCookieOptions
  readonly #pieces: SessionCookie[] = []
  /** What was opened, by its text: a client sends the same cookie many times. */
  #known = new Map<string, Opened>()
  #before = new Map<string, Opened>()
  readonly #emptyLines = new Map<string, string>()

  constructor(options: SealedCookieOptions) {
    this.#options = options
  }

  read(header: string | undefined): Brought {
    const first = this.#piece(0)
    if (!header?.includes(first.name)) return NOTHING
    const pieces = header.includes(`${first.name}.`) ? this.#piecesIn(header) : NO_PIECES
    const texts = first.read(header)
    const opened: Opened[] = []
    let unreadable = 0
    for (const text of texts.slice(0, MAX_CANDIDATES)) {
      const found = text === '' ? undefined : this.#open(text, header)
      if (found) opened.push(found)
      else if (text !== '') unreadable++
    }
    return { opened, texts, unreadable, pieces }
  }

  /** The Set-Cookie lines for a session, with the removal of pieces that it no longer needs. */
  linesFor(held: Held, id: SessionId, { maxAge, cookie }: IdLifetime, brought: Brought): readonly Line[] {
    const { seal, subjectPrefix } = this.#options
    const text = seal.seal(
      encodePayload({
        id,
        expiresAt: held.record?.expiresAt ?? 0,
        bytes: held.record?.bytes,
        left: held.left,
        subject: held.subject?.slice(subjectPrefix.length),
        epochs: held.epochs,
      }),
    )
    const values = this.#split(text, maxAge, cookie)
    const lines = values.map((value, i) => this.#line(i, value, maxAge, cookie))
    for (const i of brought.pieces) if (i >= values.length) lines.push(this.#removal(i, cookie))
    return lines
  }

  /** Removes every piece that the client has. */
  clear(response: TransportResponse, cookie: CookieAttributes | undefined, { pieces }: Brought): void {
    send(
      response,
      [0, ...pieces].map((i) => this.#removal(i, cookie)),
    )
  }

  /** How many bytes the cookie of a payload of this length takes: name, value and attributes. */
  sizeOf(payloadBytes: number, persistent: boolean, own: CookieAttributes | undefined): number {
    return this.#emptyLine(0, persistent ? FAR : undefined, own).length + this.#options.seal.lengthOf(payloadBytes)
  }

  /** How many bytes all cookies of a session may take together, counted as `sizeOf` does. */
  room(persistent: boolean, own: CookieAttributes | undefined): number {
    const { chunks } = this.#options
    if (chunks === 1) return MAX_COOKIE_BYTES
    const empty = this.#emptyLine(0, persistent ? FAR : undefined, own).length
    return empty + chunks * (MAX_COOKIE_BYTES - empty - PIECE_BYTES)
  }

  /** The line of a cookie without a value: a session that is written often has the same attributes each time. */
  #emptyLine(index: number, maxAge: number | undefined, own: CookieAttributes | undefined): string {
    const key = `${index} ${maxAge} ${own ? JSON.stringify(own) : ''}`
    const known = this.#emptyLines.get(key)
    if (known !== undefined) return known
    const line = this.#piece(index).set('', maxAge, own)
    // Few in any app; a session may have any path and lifetime, though.
    if (this.#emptyLines.size >= MAX_LINES) this.#emptyLines.clear()
    this.#emptyLines.set(key, line)
    return line
  }

  /** A value of base64url needs no encoding. */
  #line(index: number, value: string, maxAge: number | undefined, own: CookieAttributes | undefined): Line {
    const { name } = this.#piece(index)
    const empty = this.#emptyLine(index, maxAge, own)
    return [name, `${name}=${value}${empty.slice(name.length + 1)}`]
  }

  #split(text: string, maxAge: number | undefined, own: CookieAttributes | undefined): readonly string[] {
    const empty = this.#emptyLine(0, maxAge, own).length
    if (empty + text.length <= MAX_COOKIE_BYTES) return [text]
    const each = MAX_COOKIE_BYTES - empty - PIECE_BYTES
    const count = Math.ceil(text.length / each)
    if (count > this.#options.chunks)
      throw new SessionError('ERR_SESSION_TOO_LARGE', `Cookie \`${this.#piece(0).name}\` is too large for browsers.`)
    return Array.from({ length: count }, (_, i) => (i === 0 ? `${count}.` : '') + text.slice(i * each, (i + 1) * each))
  }

  #open(value: string, header: string): Opened | undefined {
    const known = this.#known.get(value) ?? this.#before.get(value)
    if (known) return known
    const several = value.startsWith('.', 1) ? SEVERAL.exec(value) : null
    if (!several) return this.#unseal(value, value)
    const [, count, start = ''] = several
    const parts = [start]
    for (let i = 1; i < Number(count); i++) {
      const [part] = this.#piece(i).read(header)
      // All or none.
      if (part === undefined) return undefined
      parts.push(part)
    }
    return this.#unseal(parts.join(''), undefined)
  }

  /** @param name what it is remembered by */
  #unseal(text: string, name: string | undefined): Opened | undefined {
    const { seal, keyOf, accepts, subjectPrefix } = this.#options
    const unsealed = seal.open(text)
    const payload = unsealed && decodePayload(unsealed.bytes)
    if (!payload || !accepts(payload.id)) return undefined
    const { id, expiresAt, bytes, left, subject, epochs } = payload
    const opened: Opened = {
      id,
      key: keyOf(id),
      // The end of its tag names what was sealed: there is no other text of the same session with it.
      record: bytes && { bytes, revision: text.slice(-16) as Revision, expiresAt, ...named(subject) },
      left,
      subject: named(subject).subject,
      epochs,
      isNewest: unsealed.isNewest,
    }
    if (name !== undefined) this.#remember(name, opened)
    return opened

    function named(digest: string | undefined): { readonly subject?: string } {
      return digest === undefined ? {} : { subject: subjectPrefix + digest }
    }
  }

  #remember(text: string, opened: Opened): void {
    this.#known.set(text, opened)
    if (this.#known.size < MAX_KNOWN) return
    this.#before = this.#known
    this.#known = new Map()
  }

  #piecesIn(header: string): readonly number[] {
    const found: number[] = []
    for (let i = 1; i < MAX_PIECES; i++) if (this.#piece(i).read(header).length > 0) found.push(i)
    return found
  }

  #removal(index: number, own: CookieAttributes | undefined): Line {
    return [this.#piece(index).name, this.#piece(index).clear(own)]
  }

  #piece(index: number): SessionCookie {
    return (this.#pieces[index] ??= this.#options.piece(index))
  }
}

/** A cookie's name, and its Set-Cookie line. */
export type Line = readonly [name: string, line: string]

export function send(response: TransportResponse, lines: readonly Line[]): void {
  for (const [name, line] of lines) response.setCookie(name, line)
  response.setHeader('cache-control', 'no-store')
}

/** The longest Max-Age that is sent has eight digits. */
const FAR = 34_560_000
/** The end of a piece's name, `.1`, or what the first one begins with, `2.`. */
const PIECE_BYTES = 2
const NO_PIECES: readonly number[] = []
export const NOTHING: Brought = { opened: [], texts: [], unreadable: 0, pieces: NO_PIECES }
