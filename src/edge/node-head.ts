import type { NodeResponseLike } from './response.js'

/** What is used of a response to see and change its head; the stand-in of h3 v1 lists no headers. */
interface Headed extends NodeResponseLike {
  getHeaders?(): Readonly<Record<string, number | string | readonly string[] | undefined>>
  removeHeader(name: string): void
}

/**
 * The head of an answer as it was when its first part wanted out. From then on node refuses changes; behind the gate they would
 * be sent with an answer that they do not belong to, and a second answer's length would break the first.
 */
export class Head {
  readonly #res: Headed
  readonly #status: number
  readonly #message: string | undefined
  readonly #headers: ReturnType<NonNullable<Headed['getHeaders']>> | undefined

  constructor(res: object) {
    this.#res = res as Headed
    this.#status = this.#res.statusCode
    this.#message = messageOf(this.#res)
    this.#headers = this.#res.getHeaders?.()
  }

  /** Undoes what has been changed since. */
  restore(): void {
    const res = this.#res
    if (res.headersSent) return
    if (res.statusCode !== this.#status) res.statusCode = this.#status
    if (messageOf(res) !== this.#message) res.statusMessage = this.#message ?? ''
    const now = res.getHeaders?.()
    if (!now || !this.#headers) return
    for (const name of Object.keys(now)) if (!(name in this.#headers)) res.removeHeader(name)
    for (const [name, value] of Object.entries(this.#headers)) {
      if (value !== undefined && now[name] !== value) res.setHeader(name, value as string)
    }
  }
}

/** HTTP/2 has none, and warns of who looks at it. */
function messageOf(res: NodeResponseLike): string | undefined {
  return Object.hasOwn(res, 'statusMessage') ? res.statusMessage : undefined
}
