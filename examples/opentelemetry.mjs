// OpenTelemetry: a span for each request, in it an event for everything that happens to a session, and a counter. Starts,
// visits itself, prints what was exported, and ends. In your app the exporters send it away instead.
//   npm install zession zod h3@2 @opentelemetry/api @opentelemetry/sdk-trace-node @opentelemetry/sdk-metrics
//   node opentelemetry.mjs
import { subscribe } from 'node:diagnostics_channel'
import { metrics, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import { H3, serve } from 'h3'
import { defineSession, memoryStore } from 'zession'
import { installSessions, useSession } from 'zession/h3'
import { z } from 'zod'

// The SDK first: a counter that is made before it counts nothing.
const spans = new InMemorySpanExporter()
const traces = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] })
traces.register()
const counts = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
const meters = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter: counts })] })
metrics.setGlobalMeterProvider(meters)

const tracer = trace.getTracer('app')
const counter = metrics.getMeter('app').createCounter('session.events')

subscribe('zession', ({ hook, session, error, ...details }) => {
  counter.add(1, { hook, session })
  const span = trace.getActiveSpan()
  span?.addEvent(`session.${hook}`, { session, ...details })
  if (error) span?.recordException(error)
})

const store = memoryStore()
const appSession = defineSession(z.object({ visits: z.number().int().default(0) }), { store })

const app = new H3()
installSessions(app)

app.get('/', async (event) => {
  const session = await useSession(event, appSession)
  session.update('visits', (visits) => visits + 1)
  return { visits: session.get('visits') }
})

app.get('/end', async (event) => {
  const session = await useSession(event, appSession)
  await session.destroy()
  return 'ok'
})

// Around the app, not a middleware in it: sessions are stored when the last of those has answered.
const server = serve(app, {
  middleware: [
    (request, next) =>
      tracer.startActiveSpan(request.method, { kind: SpanKind.SERVER }, async (span) => {
        const response = await next()
        span.setAttributes({ 'url.path': new URL(request.url).pathname, 'http.response.status_code': response.status })
        if (response.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
        span.end()
        return response
      }),
  ],
})
await server.ready()

let cookie = ''
await visit('/')
await visit('/')
await visit('/end')
await visit('/')
store.read = () => Promise.reject(new Error('connection refused'))
await visit('/')

for (const { name, status, attributes, events } of spans.getFinishedSpans()) {
  const outcome = status.code === SpanStatusCode.ERROR ? 'failed' : 'ok'
  console.log('span', name, attributes['url.path'], outcome, ...events.map((event) => event.name))
}
await meters.forceFlush()
const [events] = counts.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
for (const { attributes, value } of events.dataPoints)
  console.log('counter', attributes.session, attributes.hook, value)

await server.close()
await traces.shutdown()
await meters.shutdown()

async function visit(path) {
  const response = await fetch(new URL(path, server.url), { headers: { connection: 'close', cookie } })
  const [received] = response.headers.getSetCookie()
  if (received) [cookie] = received.split(';')
  console.log(`visited ${path}: ${response.status}`)
}
