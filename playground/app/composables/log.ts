/** What the buttons of a page have done, newest first. */
export function useLog() {
  const lines = ref<{ id: number; text: string; isBad: boolean }[]>([])
  let count = 0

  function say(text: string, isBad = false): void {
    lines.value = [{ id: count++, text, isBad }, ...lines.value].slice(0, 6)
  }

  /** Calls a handler of this app, and says what it answered. */
  async function call(path: string, method: 'GET' | 'POST' = 'POST', body?: object): Promise<void> {
    try {
      say(`${method} ${path} → ${JSON.stringify(await $fetch<unknown>(path, { method, body }))}`)
    } catch (error) {
      say(`${method} ${path} → ${reasonOf(error)}`, true)
    }
  }

  return { lines, say, call }
}

/** The status and the code of an answer that is an error. */
export function reasonOf(error: unknown): string {
  const { statusCode, data } = error as { statusCode?: number; data?: { message?: string; data?: { code?: string } } }
  return [statusCode ?? 'no answer', data?.data?.code ?? data?.message].filter(Boolean).join(' ')
}
