import { handlerOf } from './handler.mjs'

export default {
  fetch: handlerOf((_request, text) => {
    const [client, server] = Object.values(new WebSocketPair())
    server.accept()
    server.send(text)
    return new Response(null, { status: 101, webSocket: client })
  }),
}
