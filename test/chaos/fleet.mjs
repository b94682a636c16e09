// The server processes of one run, to be killed and started again.
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { guarded } from '../services/process.mjs'

const script = fileURLToPath(new URL('./server.mjs', import.meta.url))

/** @type {import('./fleet.mjs').startFleet} */
export async function startFleet({ dist, store, processes, onLine }) {
  const members = await Promise.all(Array.from({ length: processes }, (_, i) => startMember(i, [0, 0, 0, 0])))

  async function startMember(member, ports) {
    const args = [script, JSON.stringify({ dist, store, ports, member })]
    // The client knows cookies by the names of their definitions, which they have without Secure alone.
    const env = { ...process.env, NODE_ENV: 'test' }
    const child = guarded(process.execPath, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
    let errors = ''
    const said = createInterface({ input: child.stdout })
    createInterface({ input: child.stderr }).on('line', (line) => {
      errors = `${errors}${line}\n`.slice(-4000)
      onLine(line)
    })
    const ended = once(child, 'close')
    const line = await Promise.race([once(said, 'line'), ended])
    if (child.exitCode !== null) throw new Error(`A chaos server ended at once:\n${errors}`)
    said.on('line', onLine)
    return { child, ended, ports: JSON.parse(String(line[0])) }
  }

  return {
    endpoints: () => members.flatMap(({ ports }) => ports),
    async crash(index) {
      const { child, ended, ports } = members[index]
      child.kill('SIGKILL')
      await ended
      members[index] = await startMember(index, ports)
    },
    async stop() {
      await Promise.all(
        members.map(({ child, ended }) => {
          child.kill('SIGKILL')
          return ended
        }),
      )
    },
  }
}
