import { inject } from 'vitest'
import type { ServiceName } from './binaries.mjs'

/** What the run has of a service. */
export type ServiceState =
  | {
      readonly url: string
      readonly version: string
      /** Whether a test can start one more, to kill it: not where only a URL was given. */
      readonly startable: boolean
    }
  | { readonly missing: string }

export type LibraryState = { readonly path: string; readonly version: string } | { readonly missing: string }

export interface Services extends Readonly<Record<ServiceName, ServiceState>> {
  readonly betterSqlite3: LibraryState
}

declare module 'vitest' {
  interface ProvidedContext {
    services: Services
  }
}

export interface Service {
  /** For `describe.skipIf(!postgres.available)`. */
  readonly available: boolean
  /** For tests that start their own: `describe.skipIf(!redis.startable)`. */
  readonly startable: boolean
  /** Empty when it is missing. */
  readonly url: string
  /** The engine and its version, for the title of a suite. */
  readonly version: string
  /** Why it is missing. */
  readonly reason: string
}

/**
 * The server that all test files of this run share. Take a database or a key prefix of your own: see databases.ts.
 * @throws Error that says how to get it, when it is missing and `REQUIRE_SERVICES=1`
 */
export function service(name: ServiceName): Service {
  const state = inject('services')[name]
  if (!('missing' in state)) return { ...state, available: true, reason: '' }
  required(name, state.missing)
  return { available: false, startable: false, url: '', version: `no ${name}`, reason: state.missing }
}

/** The path to import better-sqlite3 from: it is no dependency, because most people cannot compile it. */
export function betterSqlite3(): { available: boolean; path: string; reason: string } {
  const state = inject('services').betterSqlite3
  if (!('missing' in state)) return { path: state.path, available: true, reason: '' }
  required('better-sqlite3', state.missing)
  return { available: false, path: '', reason: state.missing }
}

function required(name: string, missing: string): void {
  if (process.env['REQUIRE_SERVICES'] === '1') throw new Error(`REQUIRE_SERVICES=1, but no ${name} (${missing})`)
}
