// Starts the built app and prints its port. The adapter reads the origin of the app when it is imported.
import { once } from 'node:events'
import { createServer } from 'node:http'

const server = createServer().listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address()
process.env.ORIGIN = `http://127.0.0.1:${port}`
const { handler } = await import('./.tmp/build/handler.js')
server.on('request', (req, res) => handler(req, res))
process.stdout.write(`${port}\n`)
process.stdin.resume().on('end', () => process.exit(0))
