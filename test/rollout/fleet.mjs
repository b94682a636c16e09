// The server processes of an app behind its balancer, replaced one by one.
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { guarded } from '../services/process.mjs'

const script = fileURLToPath(new URL('./server.mjs', import.meta.url))

/** What the servers and the tools of a release run with. */
export function environmentOf({ dist, store, fault }, release) {
  // The visitors have no TLS: with NODE_ENV the cookies go without Secure.
  return { ...process.env, NODE_ENV: 'test', ROLLOUT: JSON.stringify({ dist, store, release, fault }) }
}

export async function startFleet(app, { release, size, onError }) {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity })
  const slots = await Promise.all(Array.from({ length: size }, () => start(release)))

  async function start(release) {
    const child = guarded(process.execPath, [script], {
      env: environmentOf(app, release),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let errors = ''
    createInterface({ input: child.stderr }).on('line', (line) => {
      errors = `${errors}${line}\n`.slice(-4000)
      onError(release, line)
    })
    const ended = once(child, 'close')
    const line = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])
    if (child.exitCode !== null) throw new Error(`A server of release ${release} ended at once:\n${errors}`)
    return { release, child, ended, port: Number(line[0]), inFlight: 0, served: 0 }
  }

  /** Nobody sends it anything any more: it answers what it has begun, and ends. */
  async function end(slot) {
    while (slot.inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 5))
    slot.child.kill('SIGTERM')
    const late = setTimeout(() => slot.child.kill('SIGKILL'), 20_000)
    const [code] = await slot.ended
    clearTimeout(late)
    if (code !== 0) throw new Error(`A server of release ${slot.release} did not end by itself: ${code}`)
  }

  async function ask(slot, path, cookie, body) {
    slot.inFlight++
    slot.served++
    try {
      return await send({ agent, port: slot.port, path, cookie, body })
    } finally {
      slot.inFlight--
    }
  }

  return {
    size,
    /** One request to the server in a slot. */
    op: (index, cookie, op) => ask(slots[index % size], `/?q=${encodeURIComponent(JSON.stringify(op))}`, cookie),
    /** Many at once, which the server makes itself. */
    async bulk(index, asked) {
      const { status, text } = await ask(slots[index % size], '/bulk', undefined, JSON.stringify(asked))
      if (status !== 200) throw new Error(`/bulk was answered with ${status}: ${text}`)
      return JSON.parse(text)
    },
    releases: () => slots.map((slot) => slot.release),
    /** Starts the new server, sends the visitors there, and lets the old one finish. @returns how many requests that has served */
    async replace(index, release) {
      const [before, after] = [slots[index], await start(release)]
      slots[index] = after
      await end(before)
      return before.served
    },
    async stop() {
      await Promise.all(slots.map(end))
      agent.destroy()
    },
    kill: () => slots.forEach(({ child }) => child.kill('SIGKILL')),
  }
}

function send({ agent, port, path, cookie, body }) {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST'
    const headers = cookie === undefined ? {} : { cookie }
    const sending = request({ agent, host: '127.0.0.1', port, path, method, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part) => (text += part))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode, cookies: response.headers['set-cookie'] ?? [], text }),
      )
    })
    sending.on('error', reject)
    sending.end(body)
  })
}
