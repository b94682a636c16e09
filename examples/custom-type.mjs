// A class of your own in a session. It is registered once; every codec and every store then keeps it.
//   npm install zession zod h3@2
//   node custom-type.mjs
import { H3, serve } from 'h3'
import { defineSession, typeRegistry } from 'zession'
import { installSessions, useSession } from 'zession/h3'
import { z } from 'zod'

class Duration {
  constructor(seconds) {
    this.seconds = seconds
  }

  toString() {
    return `${Math.floor(this.seconds / 60)}m${this.seconds % 60}s`
  }
}

const types = typeRegistry().register('Duration', Duration, {
  encode: (duration) => duration.seconds,
  decode: (seconds) => new Duration(seconds),
})

const appSession = defineSession(z.object({ break: z.instanceof(Duration).optional() }), { types })

const app = new H3()
installSessions(app)

app.get('/set', async (event) => {
  const session = await useSession(event, appSession)
  session.set('break', new Duration(90))
  return 'ok'
})

app.get('/get', async (event) => {
  const session = await useSession(event, appSession)
  return { break: session.get('break')?.toString() }
})

serve(app)
