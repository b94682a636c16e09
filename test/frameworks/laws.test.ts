import { edgeLaws } from '../support/edge-laws.js'
import { startApp } from './app.js'

edgeLaws('express', () => startApp('express'), { also: ['sub/json', 'file', 'flush'], failing: ['sub/fail'] })
edgeLaws('fastify', () => startApp('fastify'), {
  also: ['sub/json', 'webstream', 'raw'],
  failing: ['sub/fail', 'failraw'],
})
edgeLaws('koa', () => startApp('koa'), { also: ['raw'], failing: ['failraw'] })
edgeLaws('hono', () => startApp('hono'), { also: ['sub/json'] })
