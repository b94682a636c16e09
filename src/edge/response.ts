import type { TransportResponse } from '../session/transport/transport.js'

/** A response with `Vary`, and with headers that give way to those of the app. */
export interface EdgeResponse extends TransportResponse {
  /** Sets a header unless the app has set it. */
  setDefault(name: string, value: string): void
  /** Adds a header name to `Vary`, once. */
  vary(name: string): void
}

/** What is used of node's `ServerResponse`, and of the stand-in that h3 v1 makes for web handlers. */
export interface NodeResponseLike {
  /** The status to answer with. */
  statusCode: number
  /** Its text. */
  statusMessage: string
  /** Whether the headers have left. */
  readonly headersSent: boolean
  /** True when the client has gone away, or the response was given up. */
  readonly destroyed?: boolean
  /** A header as it is set so far. */
  getHeader(name: string): number | string | readonly string[] | undefined
  /** Sets a header, in place of an earlier one of that name. */
  setHeader(name: string, value: string | readonly string[]): unknown
}

/** For a response that has left. */
export const nowhere: EdgeResponse = { setHeader() {}, setDefault() {}, setCookie() {}, vary() {} }

/** Writes to every one of the header lists, `Vary` only to those of `varied`. */
export function webResponse(lists: () => readonly Headers[], varied = lists): EdgeResponse {
  return {
    setHeader(name, value) {
      for (const headers of lists()) headers.set(name, value)
    },
    setDefault(name, value) {
      for (const headers of lists()) if (!headers.has(name)) headers.set(name, value)
    },
    setCookie(name, line) {
      for (const headers of lists()) {
        dropCookie(headers, name)
        headers.append('set-cookie', line)
      }
    },
    vary(name) {
      for (const headers of varied()) headers.set('vary', withVary(headers.get('vary') ?? '', name))
    },
  }
}

/** Removes the Set-Cookie lines of a name. */
export function dropCookie(headers: Headers, name: string): void {
  const others = headers.getSetCookie().filter((line) => cookieName(line) !== name)
  headers.delete('set-cookie')
  for (const line of others) headers.append('set-cookie', line)
}

export function nodeResponse(res: NodeResponseLike): EdgeResponse {
  return {
    setHeader: (name, value) => void res.setHeader(name, value),
    setDefault(name, value) {
      if (res.getHeader(name) === undefined) res.setHeader(name, value)
    },
    setCookie(name, line) {
      const lines = [res.getHeader('set-cookie') ?? []].flat().map(String)
      res.setHeader('set-cookie', [...lines.filter((other) => cookieName(other) !== name), line])
    },
    vary(name) {
      res.setHeader('vary', withVary([res.getHeader('vary') ?? []].flat().join(', '), name))
    },
  }
}

function cookieName(line: string): string {
  return line.slice(0, Math.max(0, line.indexOf('='))).trim()
}

function withVary(current: string, name: string): string {
  if (current === '') return name
  const names = current
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean)
  if (names.includes('*') || names.some((each) => each.toLowerCase() === name.toLowerCase())) return names.join(', ')
  return [...names, name].join(', ')
}
