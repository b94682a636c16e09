import { handlerOf } from './handler.mjs'

const fetch = handlerOf((request, text) => {
  const { socket, response } = Deno.upgradeWebSocket(request)
  socket.onopen = () => socket.send(text)
  return response
})
const { addr } = Deno.serve({ port: 0, hostname: '127.0.0.1', onListen() {} }, fetch)
Deno.stdout.writeSync(new TextEncoder().encode(`${addr.port}\n`))
