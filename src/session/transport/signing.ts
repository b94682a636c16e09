import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../core/clock.js'
import type { Keyring } from '../../core/keyring.js'
import { candidatesOf, type SessionTransport } from './transport.js'

/** How a live app begins to sign its ids: `signIds` of a definition. */
export interface SignIds {
  /** Until then ids that an earlier deploy handed out without a signature are accepted too. */
  readonly acceptUnsigned: Date
}

/**
 * A transport whose ids carry a signature (HMAC-SHA256 over name and id), so that guesses and garbage are refused without a store
 * call. The newest key signs, all keys verify. Ids with a good signature come first.
 */
export function signedTransport(
  transport: SessionTransport,
  name: string,
  keyring: () => Keyring,
  options: true | SignIds,
  clock: Clock,
): SessionTransport {
  const until = options === true ? Number.NEGATIVE_INFINITY : options.acceptUnsigned.getTime()
  const keys = () => keyring().derive('sign ids')

  function signature(key: Parameters<typeof createHmac>[1], id: string): Buffer {
    return createHmac('sha256', key).update(`${name}\0${id}`).digest().subarray(0, TAG_BYTES)
  }

  function isSigned(id: string, text: string): boolean {
    if (!TAG.test(text)) return false
    const tag = Buffer.from(text, 'base64url')
    return keys().some(({ key }) => timingSafeEqual(signature(key, id), tag))
  }

  return {
    read(request) {
      const signed: string[] = []
      const unsigned: string[] = []
      for (const candidate of candidatesOf(transport.read(request))) {
        const dot = candidate.lastIndexOf('.')
        if (dot < 0) unsigned.push(candidate)
        else {
          const id = candidate.slice(0, dot)
          if (isSigned(id, candidate.slice(dot + 1))) signed.push(id)
        }
      }
      return clock() < until ? [...signed, ...unsigned] : signed
    },
    write(response, id, created, lifetime) {
      const [{ key }] = keys()
      transport.write(response, `${id}.${signature(key, id).toString('base64url')}`, created, lifetime)
    },
    clear: (response, cookie) => transport.clear(response, cookie),
  }
}

/**
 * A transport without signatures, which ignores those that others give: while servers are replaced, some of them sign already,
 * or still. A definition that signs nothing takes ids without proof anyway.
 */
export function unsignedTransport(transport: SessionTransport): SessionTransport {
  return {
    read: (request) => candidatesOf(transport.read(request)).map((candidate) => candidate.replace(SIGNATURE, '')),
    write: (response, id, created, lifetime) => transport.write(response, id, created, lifetime),
    clear: (response, cookie) => transport.clear(response, cookie),
  }
}

/** 128 bits: a guess costs a request each. */
const TAG_BYTES = 16
/** One text for one tag: the last character has two bits of it, and decoders take padding too. */
const TAG = /^[A-Za-z0-9_-]{21}[AQgw]$/
const SIGNATURE = /\.[A-Za-z0-9_-]{22}$/
