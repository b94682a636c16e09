export default defineNuxtConfig({
  modules: ['zession/nuxt'],
  compatibilityDate: '2026-01-01',
  telemetry: false,
  devtools: { enabled: false },
  sourcemap: false,
  routeRules: {
    '/swr': { swr: 60 },
    '/prerendered': { prerender: true },
  },
})
