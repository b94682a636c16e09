import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A server whose queue of connections is full: the system answers no further one, neither yes nor no. */
export async function fullServer(): Promise<{ port: number; stop(): Promise<void> }> {
  const script = `const s = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    process.stdout.write(s.address().port + '\\n', () => process.kill(process.pid, 'SIGSTOP')) })`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const port = Number(line.toString())
  const queue: Socket[] = []
  for (let i = 0; i < 4; i++) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    queue.push(socket)
    await sleep(30)
  }
  return {
    port,
    async stop() {
      for (const socket of queue) socket.destroy()
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}
