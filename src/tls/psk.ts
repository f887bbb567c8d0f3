// Pre-shared keys (RFC 4279, RFC 8446 section 4.2.11): what the user's pskCallback is asked, and what it may answer.

import type { AsyncResource } from 'node:async_hooks'
import * as validate from '../support/validate.js'
import type { TlsConfig } from './config.js'
import { TlsError } from './errors.js'
import { VERSIONS } from './versions.js'

/** The longest identity and hint that OpenSSL has room for, in bytes of UTF-8. */
export const IDENTITY_MAX = 256

/** The longest key that OpenSSL has room for, in bytes. */
const KEY_MAX = 512

/** A client may offer several keys. For so many of them `pskCallback` is asked. */
const OFFERS_MAX = 8

/** A key, and the identity that both sides know it by. */
export interface NamedKey {
  /** The identity. */
  readonly identity: string
  /** The key. */
  readonly key: Uint8Array
}

const ANSWER = 'the answer of tlscfg.pskCallback'

/** A copy: the memory is the user's, who may change it before it is needed. */
function checkKey(name: string, value: unknown): Uint8Array {
  if (!ArrayBuffer.isView(value))
    throw validate.invalidType(name, 'an instance of Buffer, TypedArray or DataView', undefined)
  const key = Uint8Array.from(validate.view(name, value))
  if (key.length === 0 || key.length > KEY_MAX)
    throw validate.outOfRange(`${name}.length`, `>= 1 and <= ${KEY_MAX}`, key.length)
  return key
}

/** Checks an identity or a hint. */
export function checkName(name: string, value: unknown): string {
  const text = validate.textWithoutNul(name, value, IDENTITY_MAX)
  if (text === '' || /\p{Surrogate}/u.test(text))
    throw validate.invalidValue(name, 'must be well formed, and not be empty', value)
  return text
}

function clientAnswer(answer: unknown): NamedKey | undefined {
  if (answer == null) return undefined
  const { psk, identity } = validate.options(ANSWER, answer, ['psk', 'identity']) as { psk: unknown; identity: unknown }
  return { identity: checkName(`${ANSWER}.identity`, identity), key: checkKey(`${ANSWER}.psk`, psk) }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of an identity or a hint, if it can be one: session tickets come in the same place. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = UTF8.decode(bytes)
    return text === '' || text.includes('\0') || bytes.length > IDENTITY_MAX ? undefined : text
  } catch {
    return undefined
  }
}

/** The identities in the extension `pre_shared_key` of a hello: each has its length before it, and an age behind it. */
export function offeredIdentities(extension: Buffer | undefined): string[] {
  const found: string[] = []
  if (extension === undefined || extension.length < 2) return found
  let rest = extension.subarray(2, 2 + extension.readUInt16BE(0))
  while (rest.length > 2 && found.length < OFFERS_MAX) {
    const end = 2 + rest.readUInt16BE(0)
    const identity = textOf(rest.subarray(2, end))
    if (identity !== undefined) found.push(identity)
    rest = rest.subarray(end + 4)
  }
  return found
}

/** Whether keys are a matter of the client's hello: in TLS 1.3 that is where they are named. */
function isForHello({ pskCallback, maxVersion = 'TLSv1.3' }: TlsConfig): boolean {
  return pskCallback !== undefined && VERSIONS[maxVersion] >= VERSIONS['TLSv1.3']
}

/** What a context says about keys. */
interface KeyRules {
  /** What it was made of. */
  readonly config: TlsConfig
  /** Whether it is for servers. */
  readonly isServer: boolean
  /** Whether a server could do without a key. */
  readonly hasOwnCertificate: boolean
}

/** The questions of one connection to `pskCallback`. None comes within a call: see `ContextSelection.start()`. */
export class KeySearch {
  #context: KeyRules
  readonly #isServer: boolean
  readonly #creation: AsyncResource | undefined
  #isPending = false
  /** Whether a client's hello waits for its key. */
  #isHelloDue: boolean
  /** Why there is no key. */
  #error: TlsError | undefined
  #isUnknown = false

  /** @param creation - the asynchronous context for `pskCallback`; none without callbacks. */
  constructor(context: KeyRules, creation: AsyncResource | undefined) {
    this.#context = context
    this.#isServer = context.isServer
    this.#creation = creation
    this.#isHelloDue = !context.isServer && isForHello(context.config)
  }

  /** Asks the function of another context: the one that a server selected by name. */
  useContext(context: KeyRules): void {
    this.#context = context
  }

  /** Finds the first key that a client of TLS 1.3 offers, and the server knows. @throws {@link TlsError} for a callback that fails. */
  async offered(config: TlsConfig, identities: readonly string[]): Promise<NamedKey | undefined> {
    if (!isForHello(config)) return undefined
    for (const identity of identities) {
      const found = await this.#find(config, identity)
      if (found !== undefined) return found
    }
    return undefined
  }

  /**
   * Lets a client ask for its key before its hello.
   * @param done - called with the answer: not within this call.
   * @returns whether the hello may be sent.
   */
  mayBegin(done: (found: NamedKey | undefined, error: TlsError | undefined) => void): boolean {
    if (!this.#isHelloDue) return true
    this.#ask(null, (found) => {
      this.#isHelloDue = false
      done(found, this.#error)
    })
    return false
  }

  /**
   * Asks for the key that the peer has named in TLS 1.2.
   * @param name - the identity of a client, or the hint of a server, as bytes; a server may give none.
   */
  answer(name: Uint8Array | undefined, done: (found: NamedKey | undefined) => void): void {
    const text = name === undefined ? undefined : textOf(name)
    this.#ask(text ?? null, done, this.#isServer && text === undefined)
  }

  #ask(name: string | null, done: (found: NamedKey | undefined) => void, isNobody = false): void {
    if (this.#isPending) return
    this.#isPending = true
    const call = async (): Promise<NamedKey | undefined> => {
      await null
      try {
        return isNobody ? undefined : await this.#find(this.#context.config, name)
      } catch (error) {
        this.#error = error as TlsError
        return undefined
      }
    }
    void (this.#creation?.runInAsyncScope(call) ?? call()).then((found) => {
      this.#isPending = false
      done(found)
    })
  }

  async #find({ pskCallback }: TlsConfig, name: string | null): Promise<NamedKey | undefined> {
    this.#isUnknown = true
    try {
      const answer = await pskCallback?.(name)
      const found = this.#isServer ? serverAnswer(name, answer) : clientAnswer(answer)
      this.#isUnknown = found === undefined
      return found
    } catch (cause) {
      throw new TlsError('ERR_TLS_PSK_CALLBACK', 'handshake', 'the pskCallback failed', { cause })
    }
  }

  /**
   * The error of a call that failed because there is no key; undefined if it failed for another reason.
   * @param reason - OpenSSL's reason. A server without a certificate fails for others where it has no key.
   */
  failure(syscall: string, reason: string | undefined): TlsError | undefined {
    if (this.#error !== undefined) return this.#error
    const canDoWithout = !this.#isServer || this.#context.hasOwnCertificate
    if (!this.#isUnknown || (reason !== 'psk identity not found' && canDoWithout)) return undefined
    const who = this.#isServer ? 'the identity of the client' : 'the hint of the server'
    return new TlsError('ERR_TLS_PSK_IDENTITY', syscall, `the pskCallback has no key for ${who}`, { reason })
  }
}

function serverAnswer(identity: string | null, answer: unknown): NamedKey | undefined {
  return answer == null || identity === null ? undefined : { identity, key: checkKey(ANSWER, answer) }
}
