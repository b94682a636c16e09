import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** A network between a client and a server that fails as told. It starts out passing everything on. */
export interface TcpProxy {
  readonly port: number
  /** The same URL, with this proxy in the place of the server. */
  through(url: string): string
  /** Open connections. */
  readonly connections: number
  /** Resets every open connection now. New ones pass. */
  cut(): void
  /** Resets every open connection, and new ones are refused, as when the server is down. */
  refuse(): Promise<void>
  /** Answers arrive this many milliseconds late, in order. 0 ends it. */
  delay(milliseconds: number): void
  /** From now on requests arrive and answers do not, on any connection. */
  swallowAnswers(): void
  /**
   * Every open connection goes silent, as when a firewall or a load balancer has forgotten it: neither data nor its end
   * arrives, in either direction. New ones pass.
   * @param containing only those that began by sending all of this, such as the name of their application
   */
  silence(...containing: readonly string[]): void
  /**
   * From now on connections are accepted and nothing on them ever arrives, in either direction.
   * @param containing only those that begin by sending this
   */
  mute(containing?: string): void
  /**
   * The next request that contains `containing` arrives, and the connection is reset in place of its answer: applied, and
   * the client cannot know. Ends when that has happened.
   */
  loseAnswer(containing: string): Promise<void>
  /** Passes everything again. Connections whose answers were swallowed are reset; silent ones stay silent. */
  heal(): Promise<void>
  close(): Promise<void>
}

interface Fault {
  readonly containing: string
  readonly lost: () => void
}

/** @param target of a URL, host and port count; other hosts than the local one work too */
export async function tcpProxy(target: string): Promise<TcpProxy> {
  const { hostname, port: targetPort } = new URL(target)
  const pairs = new Set<[client: Socket, server: Socket]>()
  const silent = new WeakSet<Socket>()
  const beginnings = new WeakMap<Socket, Buffer>()
  let [latency, swallowing] = [0, false]
  let muted: string | undefined
  let fault: Fault | undefined

  const reset = () => {
    for (const sockets of pairs) for (const socket of sockets) socket.resetAndDestroy()
    pairs.clear()
  }

  const accept = (client: Socket) => {
    const server = connect(Number(targetPort), hostname)
    const pair: [Socket, Socket] = [client, server]
    pairs.add(pair)
    if (muted === '') silent.add(client)
    let hit: Fault | undefined
    let answers = Promise.resolve()
    const drop = () => {
      // Neither side hears of the other's end.
      if (silent.has(client)) return
      pairs.delete(pair)
      for (const socket of pair) socket.destroy()
    }
    for (const socket of pair) {
      socket.setNoDelay(true)
      // A reset is what this is for.
      socket.on('error', drop)
      socket.on('close', drop)
    }
    client.on('end', () => {
      if (!silent.has(client)) client.end()
    })
    client.on('data', (request: Buffer) => {
      const begun = beginnings.get(client) ?? Buffer.alloc(0)
      if (begun.length < 4096) beginnings.set(client, Buffer.concat([begun, request]))
      if (begun.length === 0 && muted !== undefined && request.includes(muted)) silent.add(client)
      if (silent.has(client)) return
      if (fault && request.includes(fault.containing)) {
        hit = fault
        fault = undefined
      }
      server.write(request)
    })
    server.on('data', (answer: Buffer) => {
      if (hit) {
        for (const socket of pair) socket.resetAndDestroy()
        hit.lost()
        hit = undefined
      } else if (!swallowing && !silent.has(client)) {
        const due = performance.now() + latency
        answers = answers.then(async () => {
          const wait = due - performance.now()
          if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
          if (!client.destroyed && !silent.has(client)) client.write(answer)
        })
      }
    })
  }

  let listener = await listen(0, accept)
  const { port } = listener.address() as AddressInfo
  return {
    port,
    through(url) {
      const changed = new URL(url)
      changed.hostname = '127.0.0.1'
      changed.port = `${port}`
      return changed.href
    },
    get connections() {
      return pairs.size
    },
    cut: reset,
    async refuse() {
      const closed = listener.listening ? once(listener, 'close') : undefined
      listener.close()
      reset()
      await closed
    },
    delay(milliseconds) {
      latency = milliseconds
    },
    silence(...containing) {
      for (const [client] of pairs) {
        if (containing.every((part) => beginnings.get(client)?.includes(part))) silent.add(client)
      }
    },
    mute(containing = '') {
      muted = containing
    },
    swallowAnswers() {
      swallowing = true
    },
    async loseAnswer(containing) {
      await new Promise<void>((lost) => {
        fault = { containing, lost }
      })
    },
    async heal() {
      if (swallowing) reset()
      ;[latency, swallowing, muted, fault] = [0, false, undefined, undefined]
      if (!listener.listening) listener = await listen(port, accept)
    },
    async close() {
      const closed = listener.listening ? once(listener, 'close') : undefined
      listener.close()
      reset()
      await closed
    },
  }
}

async function listen(port: number, accept: (client: Socket) => void): Promise<Server> {
  // Half open, because a silent connection must not answer the end of the other side either.
  const server = createServer({ allowHalfOpen: true }, accept)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}
