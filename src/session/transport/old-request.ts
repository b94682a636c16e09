import { parseCookie, serializeCookie } from 'cookie-es'
import type { OldRequest } from './adopt-port.js'
import { unquoted } from './cookie.js'
import type { TransportRequest } from './transport.js'

/** A request as readers of other libraries' sessions see it. Its cookies are parsed once, when the first reader asks. */
export function toOldRequest(request: Pick<TransportRequest, 'header'>, now: number): OldRequest {
  let cookies: Readonly<Record<string, string | string[] | undefined>> | undefined
  return {
    now,
    header: (name) => request.header(name),
    cookie(name) {
      cookies ??= parseCookie(request.header('Cookie') ?? '', { allowMultiple: true, decode: unquoted })
      const found = Object.hasOwn(cookies, name) ? cookies[name] : undefined
      return found === undefined ? [] : Array.isArray(found) ? found : [found]
    },
  }
}

/** A Set-Cookie line that removes a cookie of the whole site; browsers take none with a prefix unless it is Secure. */
export function forgotten(name: string): string {
  return serializeCookie(name, '', { path: '/', maxAge: 0, expires: new Date(0), secure: name.startsWith('__') })
}
