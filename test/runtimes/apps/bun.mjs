import { handlerOf } from './handler.mjs'

const fetch = handlerOf((request, text, server) => {
  if (!server.upgrade(request, { data: text })) return new Response('no WebSocket', { status: 426 })
})
const { port } = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch,
  websocket: {
    open(socket) {
      socket.send(socket.data)
    },
    message() {},
  },
})
process.stdout.write(`${port}\n`)
