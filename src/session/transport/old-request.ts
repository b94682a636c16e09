import { parseCookie } from 'cookie-es'
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
