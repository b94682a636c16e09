/**
 * What is used of Nuxt, which is not installed here: the app brings it. Declarations only; the Nuxt ring compiles and runs
 * against the real one.
 */
declare module 'nuxt/schema' {
  export interface NuxtModule<T> {
    (options: T, nuxt: Nuxt): unknown
  }

  export interface Nuxt {
    readonly options: {
      readonly dev: boolean
      readonly test?: boolean
      readonly _prepare: boolean
      readonly rootDir: string
      readonly buildDir: string
      readonly alias: Record<string, string>
      readonly routeRules?: Readonly<Record<string, object>>
      readonly nitro: {
        routeRules?: Readonly<Record<string, object>>
        externals?: { readonly inline?: readonly unknown[] }
      }
      readonly runtimeConfig: Record<string, unknown>
      readonly experimental: { extraPageMetaExtractionKeys?: string[] }
    }
    hook(name: string, run: (...args: never[]) => unknown): void
    callHook(name: string): Promise<unknown>
  }
}

declare module 'nuxt/kit' {
  import type { Nuxt, NuxtModule } from 'nuxt/schema'

  export function defineNuxtModule<T>(definition: {
    readonly meta: {
      readonly name: string
      readonly configKey: string
      readonly compatibility: { readonly nuxt: string }
    }
    readonly defaults: T
    setup(options: T, nuxt: Nuxt): unknown
  }): NuxtModule<T>
  export function createResolver(base: string): { readonly resolve: (path: string) => string }
  export function getLayerDirectories(nuxt: Nuxt): readonly { readonly server: string; readonly shared: string }[]
  export function resolveModule(id: string, options: { readonly url: string }): string
  export function addImports(imports: readonly Import[]): void
  export function addServerImports(imports: readonly Import[]): void
  export function addPlugin(plugin: { readonly src: string; readonly mode?: 'client' | 'server' }): void
  export function addServerPlugin(path: string): void
  export function addServerHandler(handler: {
    readonly route?: string
    readonly middleware?: boolean
    readonly handler: string
  }): void
  export function addServerTemplate(template: { readonly filename: string; getContents(): string }): void
  export function addTypeTemplate(
    template: { readonly filename: string; getContents(): string },
    context: { readonly nuxt?: boolean; readonly nitro?: boolean; readonly node?: boolean },
  ): void
  export function addTemplate(template: { readonly filename: string; readonly write: true; getContents(): string }): {
    readonly dst: string
  }
  export function updateTemplates(options: { filter(template: { readonly filename: string }): boolean }): Promise<void>
  export function addVitePlugin(
    plugin: object,
    options?: { readonly server?: boolean; readonly client?: boolean },
  ): void
  export function addRouteMiddleware(middleware: {
    readonly name: string
    readonly path: string
    readonly global: boolean
  }): void
  export function useLogger(tag: string): { warn(message: string): void; info(message: string): void }

  interface Import {
    readonly name: string
    readonly from: string
    readonly typeFrom?: string
    readonly priority?: number
  }
}

/** What Nuxt and Nitro replace when they bundle. */
interface ImportMeta {
  readonly dev: boolean
  readonly server: boolean
  readonly prerender: boolean
}

/** What the app's own imports are resolved to: Vue and Nuxt on the page, h3 and Nitro on the server. */
declare module '#imports' {
  interface Event {
    readonly context: object
  }
  interface Ref<T> {
    value: T
  }
  interface NuxtApp {
    readonly isHydrating?: boolean
    readonly $zession: (name: string) => unknown
    provide(name: 'zession', value: (name: string) => unknown): void
    hook(name: 'app:rendered' | 'app:suspense:resolve' | 'app:mounted', run: () => unknown): void
    runWithContext(run: () => unknown): unknown
  }

  export function defineNuxtPlugin(plugin: {
    readonly name: string
    readonly enforce: 'pre'
    setup(app: NuxtApp): unknown
  }): unknown
  export function defineNuxtRouteMiddleware(
    run: (to: { readonly path: string; readonly fullPath: string }) => unknown,
  ): unknown
  export function navigateTo(path: string): unknown
  export function useRouter(): {
    readonly currentRoute: Readonly<Ref<{ readonly path: string; readonly fullPath: string }>>
    beforeEach(run: () => void): void
    afterEach(run: () => void): void
  }
  export function refreshNuxtData(): Promise<void>
  export function showError(error: { readonly statusCode: number; readonly message: string }): unknown
  export function definePayloadPlugin(setup: () => void): unknown
  export function definePayloadReducer(name: string, reduce: (value: unknown) => unknown): void
  export function definePayloadReviver(name: string, revive: (value: never) => unknown): void
  export function useRuntimeConfig(): { readonly zession?: unknown }
  export function abortNavigation(error: Error): unknown
  export function useNuxtApp(): NuxtApp
  export function useRequestEvent(): { readonly context: object } | undefined
  export function useState<T>(key: string, init: () => Ref<T>): Ref<T>
  export function computed<T>(get: () => T): Readonly<Ref<T>>
  export function customRef<T>(make: () => { get(): T; set(value: T): void }): Ref<T>
  export function shallowRef<T>(value: T): Ref<T>
  export function watch<T>(get: () => T, run: (value: T) => void, options?: { readonly immediate?: boolean }): void
  export function onServerPrefetch(run: () => Promise<unknown>): void
  export function onScopeDispose(run: () => void): void

  export function defineEventHandler(handle: (event: Event) => unknown): unknown
  export function createError(error: { readonly statusCode: number; readonly message: string }): Error
  export function getQuery(event: Event): Readonly<Record<string, unknown>>
  export function readRawBody(event: Event): Promise<string | undefined>
  export function sendRedirect(event: Event, location: string, code: number): unknown
  export function setResponseHeader(event: Event, name: string, value: string): void
}

/** The app's definition files, by name; made by the module. */
declare module '#zession/definitions' {
  export const files: Readonly<
    Record<string, { readonly file: string; readonly module: Readonly<Record<string, unknown>> }>
  >
  /** What they use of the run-time config. */
  export const needs: readonly string[]
}

/** Where pages are guarded, and by which session; made by the module. */
declare module '#zession/guarded' {
  type Routes = readonly (readonly [pattern: string, guard: { readonly name?: string }])[]
  export const guards: { readonly rules: Routes; readonly pages: Routes }
}

/** The guards in the route rules of the app, and in its pages; made by the module. */
declare module '#zession/guards' {
  interface Guard {
    readonly require?: string | readonly string[]
    readonly recent?: number
    readonly redirectTo?: string
    readonly name?: string
  }
  type Routes = readonly (readonly [pattern: string, guard: Guard])[]
  export const guards: { readonly rules: Routes; readonly pages: Routes }
}

/** What `nuxt dev` alone has; made by the module. */
declare module '#zession/development' {
  export const developmentStore: (() => never) | undefined
}

/** The devalue of Nuxt. */
declare module '#zession/devalue' {
  export function stringify(value: unknown, reducers?: Readonly<Record<string, (value: unknown) => unknown>>): string
  export function parse(text: string, revivers?: Readonly<Record<string, (value: never) => unknown>>): unknown
}

/** The registry in shared/session-types.ts; made by the module. */
declare module '#zession/types' {
  export const types:
    | {
        of(value: object): { readonly name: string; encode(value: unknown): unknown } | undefined
        named(name: string): { decode(plain: unknown): object } | undefined
      }
    | undefined
}
