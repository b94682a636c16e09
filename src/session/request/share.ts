import { CodecError, SessionError } from '../../core/errors.js'
import { say } from '../../core/say.js'
import type { Adoption } from '../definition/adoption.js'
import type { Share } from '../definition/sharing.js'
import type { StoredSession } from '../record/records.js'
import { toOldRequest } from '../transport/old-request.js'
import type { TransportRequest, TransportResponse } from '../transport/transport.js'
import { asked } from './adopt-call.js'
import { lifetimeFor } from './announce.js'
import { endRequest } from './end.js'
import { handOut } from './hand-out.js'
import { isShared, toShared } from './share-values.js'
import type { UnitOfWork } from './unit-of-work.js'

/** A Set-Cookie line of a cookie of the old app. */
export interface SharedLine {
  readonly name: string
  readonly line: string
}

/** Browsers drop longer ones, and gorilla/securecookie refuses them. */
const MAX_BYTES = 4096
/** Some formats say the end to the second. */
const SLACK = 1000

/**
 * The cookies of old apps that a request leaves its client with: they mirror what is stored. What fails to commit is in none, and
 * the session does not fail with its copy.
 *
 * | the session            | brought no old cookie | brought a copy of ours | brought one of the old app's own |
 * | ---------------------- | --------------------- | ---------------------- | -------------------------------- |
 * | lives, changed or new  | written               | written                | written                          |
 * | lives, was only read   | written               | written if it differs  | left alone                       |
 * | ended by this request  | removed               | removed                | removed                          |
 * | is not there           | nothing               | removed                | left alone                       |
 */
export class SharedCookies {
  readonly #shares: readonly Share[]
  readonly #unit: UnitOfWork
  readonly #development: boolean
  readonly #before: StoredSession['revision'] | undefined
  #lines: readonly SharedLine[] = []

  constructor(shares: readonly Share[], unit: UnitOfWork, development: boolean) {
    this.#shares = shares
    this.#unit = unit
    this.#development = development
    this.#before = unit.stored?.revision
  }

  /** @throws as `endRequest` */
  async finish(request: TransportRequest, status: number): Promise<void> {
    await endRequest(this.#unit, status)
    const lines: SharedLine[] = []
    for (const share of this.#shares) lines.push(...(await this.#linesOf(share, request)))
    this.#lines = lines
  }

  send(response: TransportResponse): void {
    for (const { name, line } of this.#lines) response.setCookie(name, line)
    if (this.#lines.length > 0) response.setHeader('cache-control', 'no-store')
  }

  async #linesOf(share: Share, request: TransportRequest): Promise<readonly SharedLine[]> {
    const unit = this.#unit
    const { phase, announcement, stored } = unit
    // Nobody knows: the store did not say, or a parallel login may have replaced the session.
    if (phase === 'outage' || phase === 'gone') return []
    const sent = await broughtIn(share, unit, request)
    const here = { share, unit, development: this.#development, present: sent.names }
    if (announcement === 'clear' || phase === 'destroyed') return removal(here, true)
    if (!stored) return sent.shared ? removal(here, false) : []
    const isNews = announcement !== 'none' || stored.revision !== this.#before
    return isNews || !sent.isForeign ? copyOf(here, stored, sent.shared, isNews) : []
  }
}

interface Here {
  readonly share: Share
  readonly unit: UnitOfWork
  readonly development: boolean
  /** Names of old cookies that the request has. */
  readonly present: readonly string[]
}

interface Brought {
  readonly names: readonly string[]
  /** A copy of a session of ours, and when it ends. */
  readonly shared: { readonly text: string; readonly expiresAt: number | undefined } | undefined
  /** An old session of the old app's own, or one that nobody can read. */
  readonly isForeign: boolean
}

async function broughtIn({ source }: Share, { runtime }: UnitOfWork, request: TransportRequest): Promise<Brought> {
  const seen = toOldRequest(request, runtime.clock())
  const names = source.reader.cookies.filter((name) => seen.cookie(name).length > 0)
  if (names.length === 0) return { names, shared: undefined, isForeign: false }
  try {
    const sent = names.flatMap((name) => seen.cookie(name))
    const found = await asked(runtime, runtime.adoption as Adoption, source, sent, async () =>
      (await source.reader.find(seen))?.load(),
    )
    if (!found) return { names, shared: undefined, isForeign: false }
    if (!isShared(found)) return { names, shared: undefined, isForeign: true }
    return { names, shared: { text: textOf(found.values), expiresAt: found.expiresAt }, isForeign: false }
  } catch (error) {
    if (!(error instanceof SessionError)) throw error
    return { names, shared: undefined, isForeign: true }
  }
}

async function copyOf(
  here: Here,
  stored: StoredSession,
  brought: Brought['shared'],
  isNews: boolean,
): Promise<readonly SharedLine[]> {
  const { share, unit, development, present } = here
  const { name, records, clock } = unit.runtime
  try {
    const values = toShared(share.values(dataOf(unit, stored) as never))
    const isSame = brought?.text === textOf(values)
    const ends = brought?.expiresAt ?? stored.expiresAt
    if (isSame && !isNews && Math.abs(ends - stored.expiresAt) <= SLACK) return []
    const written = (await share.source.reader.write?.(values, { now: clock(), expiresAt: stored.expiresAt })) ?? {}
    const { maxAge } = lifetimeFor(unit, stored)
    const lines = Object.entries(written).map(([cookie, value]) => ({
      name: cookie,
      line: share.cookie(cookie, development).set(value, maxAge),
    }))
    for (const { name: cookie, line } of lines) if (line.length > MAX_BYTES) throw tooLong(cookie, line.length)
    const rest = present.filter((cookie) => !Object.hasOwn(written, cookie))
    return [...lines, ...rest.map((cookie) => removed(share, cookie, development))]
  } catch (cause) {
    const error =
      cause instanceof SessionError
        ? cause
        : new CodecError(`\`share\` of session \`${name}\` threw an error (see cause).`, '', { cause })
    records.emit('invalid', unit.id, { keys: [], error })
    if (development) say(`session \`${name}\` is not shared with the old app: ${error.message}`)
    // Rather none than one that says what is not so any more.
    return removal(here, false)
  }
}

function removal({ share, development, present }: Here, isAsked: boolean): readonly SharedLine[] {
  const first = share.source.reader.cookies.slice(0, isAsked ? 1 : 0)
  return [...new Set([...first, ...present])].map((name) => removed(share, name, development))
}

function removed(share: Share, name: string, development: boolean): SharedLine {
  return { name, line: share.cookie(name, development).clear() }
}

/** What the app has of the session, as it is stored. */
function dataOf({ runtime, defaults }: UnitOfWork, { contents }: StoredSession): Readonly<Record<string, unknown>> {
  const data: Record<string, unknown> = {}
  for (const model of runtime.schema.defaulted) data[model.name] = handOut(defaults.of(model), runtime.types)
  for (const [key, entry] of contents.data) data[key] = handOut(entry, runtime.types)
  return Object.freeze(data)
}

function tooLong(name: string, bytes: number): CodecError {
  return new CodecError(
    `The cookie \`${name}\` that \`share\` writes is ${bytes} bytes with its attributes; browsers drop cookies over ${MAX_BYTES}. Give the old app less of the session.`,
    '',
  )
}

/** Two that are the same have the same text. What has none is no copy of ours any more. */
function textOf(values: Readonly<Record<string, unknown>>): string {
  try {
    return JSON.stringify(values)
  } catch {
    return ''
  }
}
