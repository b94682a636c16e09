// In an app of your own, this and the other files import 'h3'; here h3 v2 is installed as 'h3-v2', beside v1.
import { bodyLimit, H3, onRequest, serve } from 'h3-v2'
import { installSessions } from 'zession/h3'
import { wantedPort } from './config.js'
import { refuseForeignPosts } from './csrf.js'
import { addCartPage } from './pages/cart.js'
import { addFailingPage, addNotFoundPage, renderError } from './pages/error.js'
import { addHomePage } from './pages/home.js'
import { addLoginPage } from './pages/login.js'
import { addLoginsPage } from './pages/logins.js'
import { addSessionPage } from './pages/session.js'
import { addShopPage } from './pages/shop.js'
import { freePort } from './port.js'
import { addAccountRoutes } from './routes/account.js'
import { addCartRoutes } from './routes/cart.js'
import { addSeedRoutes } from './routes/seeds.js'
import { addThemeRoute } from './routes/theme.js'
import { appSession } from './session.js'
import { addStylesheet } from './style.js'

const app = new H3({ onError: renderError })
installSessions(app)
app.use(onRequest(refuseForeignPosts))
app.use(bodyLimit(16_384))

for (const add of [
  addStylesheet,
  addHomePage,
  addLoginPage,
  addLoginsPage,
  addShopPage,
  addCartPage,
  addSessionPage,
  addAccountRoutes,
  addCartRoutes,
  addThemeRoute,
  addSeedRoutes,
  addFailingPage,
  addNotFoundPage,
]) {
  add(app)
}

const wanted = wantedPort()
const port = await freePort(wanted)
if (wanted !== 0 && port !== wanted) console.log(`Port ${wanted} is taken, so this is ${port}.`)
const server = serve(app, { port, hostname: '127.0.0.1', silent: true, gracefulShutdown: false })
await server.ready()
console.log(`zession demo: http://localhost:${port}/`)

let stopping = false
async function stop(): Promise<void> {
  if (stopping) return
  stopping = true
  await server.close(true)
  await appSession.close()
}
process.once('SIGINT', () => void stop())
process.once('SIGTERM', () => void stop())
