import { Drains } from './node-drains.js'
import { Head } from './node-head.js'
import type { NodeResponseLike } from './response.js'

type Method = (...args: readonly unknown[]) => unknown

/** The part of a node response by which anything can leave. */
interface Outlet extends NodeResponseLike {
  writeHead: Method
  flushHeaders: Method
  write: Method
  end: Method
  appendHeader(name: string, value: unknown): unknown
  removeHeader(name: string): void
  destroy: Method
  /** Of middleware such as `compression`. */
  flush?: Method
  on(event: 'pipe' | 'unpipe', listener: (source: Source) => void): unknown
  emit(event: 'drain'): unknown
}

interface Source {
  unpipe(target: unknown): unknown
  destroy(): unknown
}

/** What the gate needs from the request around it. */
export interface GateKeeper {
  commit(status: number): Promise<void>
  announce(): void
  /** What waited was dropped: the request counts as not answered yet. */
  refused(): void
  /** Ends the handling of the request with an error, before the handler has ended. */
  fail(error: unknown): void
}

/**
 * Servers on node have many ways to answer, most of which end in node's response without passing a hook. The gate stands in
 * front of it: the first thing that wants out waits until the sessions are committed, everything behind it keeps its order.
 */
export class Gate {
  readonly #res: Outlet
  readonly #keeper: GateKeeper
  readonly #sources = new Set<Source>()
  readonly #drains: Drains
  #state: 'idle' | 'committing' | 'open' | 'shut' = 'idle'
  #waiting: (() => unknown)[] = []
  /** Bytes that wait. */
  #held = 0
  #ended = false
  #told = false
  #failed = false
  /** The methods that stand in for the response's. */
  #own: Partial<Outlet> = {}
  #settled: Promise<void> | undefined

  constructor(res: NodeResponseLike, keeper: GateKeeper) {
    this.#res = res as Outlet
    this.#keeper = keeper
    this.#drains = new Drains(this.#res)
    this.#stand()
  }

  /** Pending while something waits for the commit. Never rejects. */
  get settled(): Promise<void> | undefined {
    return this.#settled
  }

  /** The sessions were committed elsewhere: everything may pass. */
  open(): void {
    this.#state = 'open'
    this.#drains.forget()
  }

  /** The last chance to say what an answer's own headers may have replaced. */
  tell(): void {
    if (this.#told || this.#res.headersSent) return
    this.#told = true
    this.#keeper.announce()
  }

  /** Makes way for an error page: drops what waits, the stream behind it and the headers that described it. */
  refuse(): void {
    const res = this.#res
    this.#state = 'open'
    this.#waiting = []
    this.#drains.forget()
    for (const source of this.#sources) {
      source.unpipe(res)
      // Without an error: one that nobody listens for would end the process.
      source.destroy()
    }
    if (res.headersSent) {
      // Too late for another answer: what the client has of this one must not look whole, nor what a web handler makes of it.
      this.#state = 'shut'
      res.statusCode = 500
      res.destroy()
      return
    }
    // Middleware that has wrapped them since may hold its part of the answer for ended.
    Object.assign(res, this.#own)
    for (const name of DESCRIPTIVE) res.removeHeader(name)
    // HTTP/2 has none, and warns of who sets one.
    if (Object.hasOwn(res, 'statusMessage')) res.statusMessage = ''
    this.#failed = true
    this.#ended = false
    this.#told = false
    this.#keeper.refused()
  }

  #stand(): void {
    const res = this.#res
    const { writeHead, flushHeaders, write, end, destroy, flush } = res
    ;(res as Guarded)[GATE] = this
    sayMore(res, 'headersSent', () => this.#state === 'committing')
    res.on('pipe', (source) => this.#sources.add(source))
    res.on('unpipe', (source) => this.#sources.delete(source))
    this.#own = {
      writeHead: (...args) => this.#writeHead(writeHead, args),
      flushHeaders: () => {
        // By the method that middleware may have wrapped, as node would.
        if (!res.headersSent) res.writeHead(res.statusCode)
        return this.#pass(() => flushHeaders.call(res), undefined)
      },
      write: (...args) => this.#write(write, args),
      end: (...args) => this.#end(end, args),
    }
    // What the stream behind a refused answer does when it is ended (`pipeline` does) must not cost the client the error page.
    if (destroy) this.#own.destroy = (...args) => (this.#failed ? res : Reflect.apply(destroy, res, args))
    // Behind what it is to push out.
    if (flush) this.#own.flush = (...args) => this.#follow(() => Reflect.apply(flush, res, args))
    Object.assign(res, this.#own)
  }

  /** What somebody has taken from the response before the gate stood there. */
  late(name: Taken, plain: Method, args: readonly unknown[]): unknown {
    if (this.#state === 'open') {
      this.tell()
      return Reflect.apply(plain, this.#res, args)
    }
    if (name === 'writeHead') return this.#writeHead(plain, args)
    return name === 'write' ? this.#write(plain, args) : this.#end(plain, args)
  }

  #writeHead(plain: Method, [status, ...rest]: readonly unknown[]): unknown {
    const res = this.#res
    if (this.#state === 'committing' || this.#state === 'shut') return res
    if (res.headersSent) return plain.call(res, status, ...rest)
    const headers = rest.find((each) => typeof each === 'object' && each !== null)
    const message = rest.filter((each) => typeof each === 'string')
    // Given to writeHead itself, a Set-Cookie would replace those of the sessions.
    if (headers) putHeaders(res, headers)
    res.statusCode = Number(status)
    return this.#pass(() => plain.call(res, status, ...message), res)
  }

  #write(plain: Method, args: readonly unknown[]): unknown {
    const before = this.#waiting.length
    const sent = this.#pass(() => Reflect.apply(plain, this.#res, args), false)
    if (this.#waiting.length === before) return sent
    this.#held += sizeOf(args[0])
    return this.#held < MOST_HELD
  }

  #end(plain: Method, args: readonly unknown[]): unknown {
    const result = this.#pass(() => Reflect.apply(plain, this.#res, args), this.#res)
    this.#ended = true
    // A late write to the refused answer must not reach the error page.
    if (this.#failed) this.#state = 'shut'
    return result
  }

  /** What says nothing of its own: it waits with what is before it, and holds up nothing. */
  #follow(send: () => unknown): unknown {
    if (this.#state !== 'committing') return send()
    this.#waiting.push(send)
    return undefined
  }

  #pass(send: () => unknown, meanwhile: unknown): unknown {
    if (this.#state === 'open') {
      this.tell()
      return send()
    }
    if (this.#state === 'shut' || this.#ended) return meanwhile
    this.#waiting.push(send)
    if (this.#state === 'idle') {
      this.#state = 'committing'
      this.#settled = this.#release()
    }
    return meanwhile
  }

  async #release(): Promise<void> {
    const head = new Head(this.#res)
    try {
      await this.#keeper.commit(this.#res.statusCode)
      this.#state = 'open'
      head.restore()
      this.tell()
      const waiting = this.#waiting
      this.#waiting = []
      // Node looks at what it is given only now, and throws what the handler would have met.
      for (const send of waiting) send()
      if (!this.#ended && this.#held >= MOST_HELD) this.#drains.wake()
      this.#drains.forget()
    } catch (error) {
      this.refuse()
      this.#keeper.fail(error)
    }
  }
}

const GATE = Symbol('zession gate')
const PLAIN = Symbol('zession plain')

type Taken = 'writeHead' | 'write' | 'end'

interface Guarded extends Outlet {
  [GATE]?: Gate
  [PLAIN]?: Record<Taken, Method>
}

/**
 * `res.end(await page(req))` takes `end` from the response before the page opens its session, and the gate: what it takes then is
 * one of these, which finds a gate that stands there by the time it is called.
 */
export function expectGate(res: NodeResponseLike): void {
  const { writeHead, write, end } = res as Outlet
  ;(res as Guarded)[PLAIN] = { writeHead, write, end }
  Object.assign(res, TAKEN)
}

function taken(name: Taken): Method {
  return function (this: Guarded, ...args) {
    const plain = this[PLAIN]?.[name] as Method
    const gate = this[GATE]
    return gate ? gate.late(name, plain, args) : Reflect.apply(plain, this, args)
  }
}

/** Shared by all responses. */
const TAKEN: Readonly<Record<Taken, Method>> = {
  writeHead: taken('writeHead'),
  write: taken('write'),
  end: taken('end'),
}

/**
 * How many bytes may wait before a writer has to wait for `drain`. More than the mark of node's own streams: of middleware that
 * sends through one, what is released then fills it, so that its own `drain` comes too.
 */
const MOST_HELD = 128 * 1024

function sizeOf(chunk: unknown): number {
  return typeof chunk === 'string' || chunk instanceof Uint8Array ? chunk.length : 0
}

/** Makes a flag true for a while, for all who look at it before they answer: handlers, h3 itself, middleware for node. */
function sayMore(res: Outlet, flag: 'headersSent', also: () => boolean): void {
  // Node has a getter on the prototype, the stand-in a property that it writes to.
  const own = Object.getOwnPropertyDescriptor(res, flag)
  let value = own?.value as boolean | undefined
  Object.defineProperty(res, flag, {
    configurable: true,
    get: () => also() || (own ? (own.get?.call(res) ?? value) : Reflect.get(Object.getPrototypeOf(res), flag, res)),
    set: (next: boolean) => {
      value = next
    },
  })
}

/** What says something about an answer that is not sent after all. */
export const DESCRIPTIVE: readonly string[] = [
  'cache-control',
  'expires',
  'content-length',
  'content-encoding',
  'content-range',
  'content-disposition',
  'accept-ranges',
  'transfer-encoding',
  'etag',
  'last-modified',
  'location',
  'retry-after',
]

/** Node takes an object, a flat list, or pairs. */
function putHeaders(res: Outlet, headers: object): void {
  if (!Array.isArray(headers)) {
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value as string)
    return
  }
  const list: unknown[] = headers.some(Array.isArray) ? headers.flat() : headers
  for (let at = 0; at < list.length; at += 2) res.removeHeader(String(list[at]))
  for (let at = 0; at < list.length; at += 2) res.appendHeader(String(list[at]), list[at + 1])
}
