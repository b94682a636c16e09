/** Whether this process serves a developer's machine or everybody. */
export interface Mode {
  /** True for development, for a request of an app that has said so, or not. */
  of(told: boolean | undefined): boolean
  /** For what happens outside a request. */
  current(): boolean
}

/**
 * Decided at first use, for servers and bundlers set NODE_ENV late or never; and by the process, never by a request, whose
 * protocol and host a proxy may have rewritten. What an app says goes for its own requests. Where none says anything (the
 * request of a WebSocket, a job) the first that did counts, and before that NODE_ENV.
 */
export function createMode(): Mode {
  let first: boolean | undefined
  let byEnvironment: boolean | undefined
  const current = () => first ?? (byEnvironment ??= isDevelopmentEnvironment())
  return {
    of(told) {
      first ??= told
      return told ?? current()
    },
    current,
  }
}

/**
 * Unset is production: built Nitro servers and a plain `node server.js` leave it unset. Spelt so that no bundler puts the value
 * of its build in the place of the one at run time, and that a runtime without `process`, or without leave to read it, gets the safe answer.
 */
function isDevelopmentEnvironment(): boolean {
  const host = globalThis as { readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> } }
  try {
    const value = host.process?.env?.['NODE_ENV']
    return value === 'development' || value === 'test'
  } catch {
    return false
  }
}
