import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const tsc = join(createRequire(import.meta.url).resolve('typescript/package.json'), '..', 'bin', 'tsc')

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: { readonly items?: readonly unknown[] }
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

interface Position {
  readonly line: number
  readonly character: number
}

interface Hover {
  readonly contents: { readonly value: string }
}

interface Completions {
  readonly items: readonly { readonly label: string }[]
}

/** The place of the last character of a text in a program. */
function positionOf(program: string, text: string): Position {
  const start = program.indexOf(text)
  if (start < 0) throw new Error(`the program has no ${text}`)
  const lines = program.slice(0, start + text.length - 1).split('\n')
  return { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 }
}

/** The language server of the TypeScript that compiles this project, with one program: what an editor shows of it. */
export class LanguageServer {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  readonly #uri: string
  readonly #program: string
  #received = Buffer.alloc(0)
  #count = 0

  private constructor(folder: string, name: string, program: string) {
    this.#program = program
    this.#uri = pathToFileURL(join(folder, name)).href
    this.#child = spawn(process.execPath, [tsc, '--lsp', '--stdio'], { cwd: folder, stdio: ['pipe', 'pipe', 'ignore'] })
    this.#child.stdout?.on('data', (data: Buffer) => this.#receive(data))
    this.#child.once('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the language server has ended'))
    })
  }

  /** Starts a server, with the program open. */
  static async start(folder: string, name: string, program: string): Promise<LanguageServer> {
    const server = new LanguageServer(folder, name, program)
    const hover = { contentFormat: ['markdown'] }
    const completion = { completionItem: { documentationFormat: ['markdown'] } }
    await server.#ask('initialize', {
      processId: process.pid,
      rootUri: pathToFileURL(folder).href,
      capabilities: { textDocument: { hover, completion } },
    })
    server.#tell('initialized', {})
    const document = { uri: server.#uri, languageId: 'typescript', version: 1, text: program }
    server.#tell('textDocument/didOpen', { textDocument: document })
    return server
  }

  /** What the editor shows over the last character of a text. */
  async hover(text: string): Promise<string> {
    const hover = await this.#askAt('textDocument/hover', positionOf(this.#program, text))
    return (hover as Hover | null)?.contents.value ?? ''
  }

  /** What the editor offers before the last character of a text. */
  async completions(text: string): Promise<string[]> {
    const list = await this.#askAt('textDocument/completion', positionOf(this.#program, text))
    const { items } = Array.isArray(list) ? { items: list } : (list as Completions)
    return items.map(({ label }) => label.replace(/\?$/, ''))
  }

  /** Ends the process. */
  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill()
    await ended
  }

  #askAt(method: string, position: Position): Promise<unknown> {
    return this.#ask(method, { textDocument: { uri: this.#uri }, position })
  }

  #ask(method: string, params: object): Promise<unknown> {
    const id = ++this.#count
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#write({ id, method, params })
    })
  }

  #tell(method: string, params: object): void {
    this.#write({ method, params })
  }

  #write(message: object): void {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message })
    this.#child.stdin?.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
  }

  #receive(data: Buffer): void {
    this.#received = Buffer.concat([this.#received, data])
    for (;;) {
      const end = this.#received.indexOf('\r\n\r\n')
      if (end < 0) return
      const length = Number(/Content-Length: (\d+)/i.exec(String(this.#received.subarray(0, end)))?.[1])
      const next = end + 4 + length
      if (this.#received.length < next) return
      const message = JSON.parse(String(this.#received.subarray(end + 4, next))) as Message
      this.#received = this.#received.subarray(next)
      this.#handle(message)
    }
  }

  #handle({ id, method, params, result, error }: Message): void {
    if (id === undefined) return
    // The server asks for settings, and for leave to watch files: it gets none.
    if (method !== undefined) return this.#write({ id, result: params?.items?.map(() => null) ?? null })
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error) waiting?.reject(new Error(error.message))
    else waiting?.resolve(result)
  }
}
