import { StoreError } from '../../core/errors.js'

// The pools of `pg` and `mysql2` cannot give up a connection on behalf of one call, nor an attempt to open one, so a network
// that has gone silent would fill them for good. This one is small because all it knows is when a connection was last heard of.

/** A connection from the moment its opening begins. */
export interface Opening<T> {
  readonly ready: Promise<T>
  /** Whether it is of use still. A socket knows before its `close` event. */
  isOpen(): boolean
  /** Says goodbye to the server and closes. */
  end(): void
  /** Closes at once, opened or not, without a word: the server may be silent. */
  destroy(): void
  /** Asks the server, best effort and over another connection, to stop what this one is busy with. */
  cancel?(): void
}

/** What runs the calls of a store: a pool of its own, or a database that it was given. */
export interface Source<T> {
  /** Runs a call on a connection. When `signal` aborts, a pool gives up that connection, and every one not heard of since the call began. */
  use<R>(signal: AbortSignal | undefined, run: (connection: T) => PromiseLike<R>): PromiseLike<R>
  close(): Promise<void> | void
}

export interface PoolOptions<T> {
  /** How many connections there may be. */
  readonly limit: number
  /** Begins to open one. `lost` is called once it is closed, by whom it may be. */
  readonly open: (lost: () => void) => Opening<T>
}

interface Member<T> extends Opening<T> {
  /** When its state last changed: opening, busy, idle. A silent one changes nothing. */
  since: number
  resource?: T
  closed?: boolean
  /** Ends the call that it is busy with: not every driver does when its connection closes. */
  fail?: (error: unknown) => void
}

interface Waiting<T> {
  readonly signal: AbortSignal
  grant(member: Member<T>, resource: T): void
  fail(error: unknown): void
}

const idleMs = 10_000
const goodbyeMs = 1000
/** For a call without a signal, so that nothing waits for a silent server for ever. */
const longestCallMs = 30_000

export function connectionPool<T>({ limit, open }: PoolOptions<T>): Source<T> {
  const members = new Set<Member<T>>()
  const leaving = new Set<Member<T>>()
  const idle: Member<T>[] = []
  const waiting = new Set<Waiting<T>>()
  let opening = 0
  let sweeping = false
  let closing: { done(): void } | undefined

  function use<R>(given: AbortSignal | undefined, run: (connection: T) => PromiseLike<R>): Promise<R> {
    const signal = given ?? AbortSignal.timeout(longestCallMs)
    const began = performance.now()
    return new Promise((resolve, reject) => {
      if (closing) throw new StoreError('The store is closed. Make a new one, or close it later.')
      signal.throwIfAborted()
      let member: Member<T> | undefined
      const over = () => {
        waiting.delete(call)
        signal.removeEventListener('abort', giveUp)
      }
      const giveUp = () => {
        over()
        reject(signal.reason)
        if (member) abandon(member)
        // What has not changed since before this call was waited for in vain, or is not to be trusted any more.
        for (const each of members) if (each.since <= began) abandon(each)
        serve()
      }
      const call: Waiting<T> = {
        signal,
        grant(granted, resource) {
          waiting.delete(call)
          member = granted
          granted.since = performance.now()
          granted.fail = (error) => {
            over()
            reject(error)
          }
          run(resource).then(
            (answer) => {
              over()
              release(granted)
              resolve(answer)
            },
            (error: unknown) => {
              over()
              if (isFatal(error)) drop(granted)
              release(granted)
              reject(error)
            },
          )
        },
        fail(error) {
          over()
          reject(error)
        },
      }
      signal.addEventListener('abort', giveUp)
      waiting.add(call)
      serve(began)
    })
  }

  /** Gives connections to those who wait, oldest first, and opens as many as are missing. */
  function serve(now = performance.now()): void {
    for (const call of waiting) {
      // Its own listener, which has not run yet, takes it off the list.
      if (call.signal.aborted) continue
      let member = idle.pop()
      for (; member && !member.isOpen(); member = idle.pop()) drop(member)
      if (!member) break
      call.grant(member, member.resource as T)
    }
    let wanted = -opening
    for (const { signal } of waiting) if (!signal.aborted) wanted++
    for (; wanted > 0 && members.size < limit; wanted--) begin(now)
  }

  function begin(now: number): void {
    const member = beginOpening(now)
    if (!member) return
    members.add(member)
    opening++
    member.ready.then(
      (resource) => {
        if (!members.has(member)) return
        opening--
        member.resource = resource
        release(member)
      },
      (error: unknown) => {
        if (!members.has(member)) return
        drop(member)
        failOne(error)
        serve()
      },
    )
  }

  function beginOpening(now: number): Member<T> | undefined {
    try {
      const member: Member<T> = { ...open(() => lost(member)), since: now }
      return member
    } catch (error) {
      failOne(error)
      return undefined
    }
  }

  /** Each failed opening is the answer to one call; the others try again. */
  function failOne(error: unknown): void {
    for (const call of waiting) {
      if (!call.signal.aborted) return call.fail(error)
    }
  }

  function release(member: Member<T>): void {
    delete member.fail
    if (!members.has(member)) return serve()
    if (!member.isOpen()) {
      drop(member)
      return serve()
    }
    member.since = performance.now()
    if (closing) return farewell(member)
    idle.push(member)
    serve()
    if (!sweeping && idle.length > 0) sweep()
  }

  /** Closes what nobody has used for a while. */
  function sweep(): void {
    sweeping = true
    setTimeout(() => {
      sweeping = false
      const now = performance.now()
      for (const member of [...idle]) if (now - member.since >= idleMs) farewell(member)
      if (idle.length > 0) sweep()
    }, idleMs).unref()
  }

  function abandon(member: Member<T>): void {
    if (member.resource !== undefined && !idle.includes(member)) member.cancel?.()
    drop(member)
  }

  function drop(member: Member<T>): void {
    if (!remove(member)) return
    if (!member.closed) leaving.add(member)
    member.destroy()
  }

  function farewell(member: Member<T>): void {
    if (!remove(member)) return
    leaving.add(member)
    setTimeout(() => member.destroy(), goodbyeMs).unref()
    member.end()
  }

  function remove(member: Member<T>): boolean {
    const place = idle.indexOf(member)
    if (place >= 0) idle.splice(place, 1)
    if (member.resource === undefined && members.has(member)) opening--
    return members.delete(member)
  }

  function lost(member: Member<T>): void {
    member.closed = true
    leaving.delete(member)
    if (members.has(member)) {
      // After the driver, which knows more: why an opening failed, or what the server said last.
      setImmediate(() => {
        const error = new StoreError('The connection to the database was closed before it had answered.')
        const isOpening = member.resource === undefined
        if (!remove(member)) return
        if (isOpening) failOne(error)
        member.fail?.(error)
        serve()
        if (members.size + leaving.size === 0) closing?.done()
      })
    }
    if (members.size + leaving.size === 0) closing?.done()
  }

  async function close(): Promise<void> {
    if (closing) return
    await new Promise<void>((done) => {
      closing = { done }
      for (const call of waiting) call.fail(new StoreError('The store was closed before this call got a connection.'))
      for (const member of members) {
        if (member.resource === undefined) drop(member)
        else if (idle.includes(member)) farewell(member)
      }
      if (members.size + leaving.size === 0) done()
    })
  }

  return { use, close }
}

/**
 * A database that somebody else opened, and gives up connections of, if anybody.
 * @param verify throws when what was acknowledged on it may be undone
 */
export function givenSource<T>(resource: T, verify?: () => void): Source<T> {
  if (!verify) return { use: (_signal, run) => run(resource), close: () => {} }
  const use: Source<T>['use'] = async (_signal, run) => {
    verify()
    const answer = await run(resource)
    verify()
    return answer
  }
  return { use, close: () => {} }
}

/** Rejects when `signal` aborts, whatever becomes of `work`. */
export function untilAborted<T>(signal: AbortSignal | undefined, work: PromiseLike<T>): PromiseLike<T> {
  if (!signal) return work
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason)
    const over = () => signal.removeEventListener('abort', giveUp)
    signal.addEventListener('abort', giveUp)
    if (signal.aborted) giveUp()
    work.then(
      (answer) => (over(), resolve(answer)),
      (error: unknown) => (over(), reject(error)),
    )
  })
}

/** What mysql2 calls the end of a connection, and Drizzle may have wrapped; or a server that is about to end it. */
function isFatal(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { fatal, code } = error as { fatal?: unknown; code?: unknown }
  return fatal === true || code === 'ER_NET_PACKET_TOO_LARGE' || isFatal(error.cause)
}
