// Python's ssl module at the other end: a program that talks as it is told.
import { type Child, start } from '../../util/index.js'
import type { Address, Test } from './common.js'

/** What the program is told; it says what it has to say as lines of JSON on standard error. */
export interface PythonOptions {
  readonly role: 'client' | 'server'
  readonly address: Address
  readonly ca: string
  readonly cert?: string | undefined
  readonly key?: string | undefined
  /** `'TLSv1.3'` */
  readonly version?: string | undefined
  readonly name?: string | undefined
  readonly alpn?: readonly string[] | undefined
  /** Servers: whether a client needs a certificate. */
  readonly verify?: 'required' | 'optional' | undefined
  /** What to do: pass standard input and output on, send back, or send a file and receive as much. */
  readonly does: 'talk' | 'echo' | 'bulk'
  readonly file?: string | undefined
}

const PROGRAM = `
import hashlib, json, os, select, socket, ssl, sys

o = json.loads(sys.argv[1])

def say(**facts):
    print(json.dumps(facts), file=sys.stderr, flush=True)

def context():
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT if o['role'] == 'client' else ssl.PROTOCOL_TLS_SERVER)
    c.load_verify_locations(o['ca'])
    if o.get('cert'): c.load_cert_chain(o['cert'], o['key'])
    if o.get('alpn'): c.set_alpn_protocols(o['alpn'])
    if o.get('version'): c.minimum_version = c.maximum_version = getattr(ssl.TLSVersion, o['version'].replace('.', '_'))
    if o.get('verify'): c.verify_mode = ssl.CERT_REQUIRED if o['verify'] == 'required' else ssl.CERT_OPTIONAL
    return c

def endpoint():
    a = o['address']
    if 'path' in a: return socket.socket(socket.AF_UNIX), a['path']
    return socket.socket(), (a['host'], a['port'])

def connection():
    s, where = endpoint()
    s.settimeout(20)
    if o['role'] == 'client':
        s.connect(where)
        return context().wrap_socket(s, server_hostname=o['name'])
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    c = context()
    s.bind(where)
    s.listen()
    peer, _ = s.accept()
    s.close()
    peer.settimeout(20)
    return c.wrap_socket(peer, server_side=True)

def facts(s):
    peer = s.getpeercert() or {}
    names = [value for key, value in peer.get('subjectAltName', ())]
    say(version=s.version(), cipher=s.cipher()[0], alpn=s.selected_alpn_protocol(), peer=names, reused=s.session_reused)

def wait(s, reads, writes):
    r, w, _ = select.select(reads, writes, [], 20)
    if not r and not w: raise TimeoutError('nothing happened')
    return r

def echo(s):
    while True:
        data = s.recv(16384)
        if not data: break
        s.sendall(data)

def talk(s):
    s.setblocking(False)
    reads = [s, 0]
    while True:
        for ready in wait(s, reads, []):
            if ready == 0:
                data = os.read(0, 65536)
                if not data: return
                s.setblocking(True)
                s.sendall(data)
                s.setblocking(False)
                continue
            while True:
                try: data = s.recv(65536)
                except ssl.SSLWantReadError: break
                if not data: return
                os.write(1, data)

# One thread, because an SSL object is not made for two; both directions at once all the same.
def bulk(s):
    with open(o['file'], 'rb') as f: out = f.read()
    view, sent, got, digest = memoryview(out), 0, 0, hashlib.sha256()
    s.setblocking(False)
    while sent < len(out) or got < len(out):
        moved = False
        while got < len(out):
            try: data = s.recv(65536)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError): break
            if not data: raise EOFError('the end came after %d bytes' % got)
            digest.update(data)
            got += len(data)
            moved = True
            if sent < len(out): break
        if sent < len(out):
            try:
                sent += s.send(view[sent:sent + 65536])
                moved = True
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError): pass
        if not moved: wait(s, [s], [s] if sent < len(out) else [])
    say(sha256=digest.hexdigest())
    s.setblocking(True)
    s.settimeout(20)

try:
    s = connection()
    facts(s)
    {'talk': talk, 'echo': echo, 'bulk': bulk}[o['does']](s)
    s.settimeout(20)
    s = s.unwrap()
    say(ended='clean')
    s.close()
except ssl.SSLError as e:
    say(error=e.reason or str(e))
    sys.exit(1)
except OSError as e:
    say(error=str(e))
    sys.exit(2)
`

export function python(t: Test, options: PythonOptions): Child {
  return start(t, 'python3', ['-c', PROGRAM, JSON.stringify(options)])
}
