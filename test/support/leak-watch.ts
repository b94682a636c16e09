import crypto from 'node:crypto'
import diagnosticsChannel from 'node:diagnostics_channel'
import { writeSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { relative } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, expect } from 'vitest'
import { SessionError } from '../../src/core/errors.js'
import { createLeakSearch } from './leak-search.js'

// Watches every test file whose sessions live in its own process: no error, hook, log line or warning that any test brings
// about may hold an id, the store key made from it, or a secret. Nothing in src knows of it.

const search = createLeakSearch()
const seen = { errors: 0, hooks: 0, logs: 0 }

hideWhatIsHashed()
hideWhatIsDrawn()
hideSecrets()
watchErrors()
watchHooks()
watchLogs()

/**
 * Where secrets were found so far, each place once, and a clean sheet: for a test that puts one into an error on purpose.
 * A file with places that nobody took fails.
 */
export function takeLeaks(): string[] {
  readErrors()
  return search.take()
}

/** How much the watch has met in this file. */
export function leakCounts() {
  return { secrets: search.size, ...seen }
}

afterAll(() => {
  const places = takeLeaks()
  const { secrets, errors, hooks, logs } = leakCounts()
  if (process.env['LEAK_WATCH'] === 'verbose') {
    const file = relative(process.cwd(), expect.getState().testPath ?? '')
    writeSync(1, `leak-watch: ${secrets} secrets, ${errors} errors, ${hooks} hooks, ${logs} log lines, ${file}\n`)
  }
  expect(places, 'an id, a key or a secret was told in').toEqual([])
})

/**
 * Every id that reaches a store key, whoever made it, and the key: `name NUL id` goes in, the key comes out. Of a key that
 * goes in, only what follows the definition's name is secret.
 */
function hideWhatIsHashed(): void {
  const { hash } = crypto
  crypto.hash = ((algorithm: string, data: string, encoding: 'base64url') => {
    const digest = hash(algorithm, data, encoding)
    const at = typeof data === 'string' ? data.lastIndexOf('\0') : -1
    if (at >= 0) {
      search.hide(data.slice(Math.max(at, data.lastIndexOf(':')) + 1))
      if (!data.startsWith('ref\0')) search.hide(digest)
    }
    return digest
  }) as typeof hash
  syncBuiltinESMExports()
}

/** Every id that is drawn: the library reads its pool of random bytes with `toString`. */
function hideWhatIsDrawn(): void {
  const { randomFillSync } = crypto
  crypto.randomFillSync = ((bytes: Buffer, ...range: number[]) => {
    const filled = randomFillSync(bytes, ...range)
    const { toString } = bytes
    if (Buffer.isBuffer(bytes))
      bytes.toString = (...args) => {
        const token = toString.apply(bytes, args)
        search.hide(token)
        return token
      }
    return filled
  }) as typeof randomFillSync
  syncBuiltinESMExports()
}

/** Every secret that keys are derived from. */
function hideSecrets(): void {
  const { hkdfSync } = crypto
  crypto.hkdfSync = (digest, secret, ...rest) => {
    if (secret instanceof Uint8Array) search.hide(Buffer.from(secret).toString('latin1'))
    return hkdfSync(digest, secret, ...rest)
  }
  syncBuiltinESMExports()
}

/** Read later: what a constructor is still to set is no part of them yet. */
const unread: SessionError[] = []

/** `super()` goes to whatever the class inherits from at that moment, so every error passes here, also one that nobody sees. */
function watchErrors(): void {
  class Watched extends Error {
    constructor(message?: string, options?: ErrorOptions) {
      super(message, options)
      seen.errors++
      if (unread.push(this as unknown as SessionError) > 1000) readErrors(500)
    }
  }
  Object.setPrototypeOf(SessionError, Watched)
}

function readErrors(count = unread.length): void {
  for (const error of unread.splice(0, count)) search.read(error.code, `${error.message} ${textOf(error)}`)
}

function watchHooks(): void {
  diagnosticsChannel.subscribe('zession', (message) => {
    seen.hooks++
    const { hook, ...rest } = message as Record<string, unknown>
    search.read(`hook ${String(hook)}`, Object.values(rest).map(textOf).join(' '))
  })
}

function watchLogs(): void {
  process.on('warning', (warning) => log('process warning', [warning]))
  const { stderr } = process
  const write = stderr.write.bind(stderr)
  stderr.write = ((...args: Parameters<typeof write>) => {
    log('stderr', [Buffer.from(args[0]).toString('latin1')])
    return write(...args)
  }) as typeof write
  // The methods as they are when they are called: spies of a test, too.
  globalThis.console = new Proxy(console, {
    get(target, name, receiver) {
      const method: unknown = Reflect.get(target, name, receiver)
      if (typeof method !== 'function' || typeof name === 'symbol') return method
      return new Proxy(method, {
        apply(_, that, args) {
          log(`console.${name}`, args)
          return Reflect.apply(method, that, args) as unknown
        },
      })
    },
  })
}

function log(place: string, args: readonly unknown[]): void {
  seen.logs++
  search.read(place, args.map(textOf).join(' '))
}

function textOf(what: unknown): string {
  if (typeof what === 'string') return what
  return inspect(what, { depth: 8, showHidden: true, maxStringLength: null, maxArrayLength: null })
}
