# The addon: plain C11 on Node-API. The file lives here and not at the root of the package, because npm runs node-gyp
# by itself for a binding.gyp at the root. Build with `npm run build:native`, or `node-gyp rebuild --directory native`.
{
  'variables': {
    # 1 turns warnings into errors: for those who work on the sources, not for those whose compiler is newer than ours.
    'werror%': 0,
    # What -fsanitize= is to have: "address,undefined,float-cast-overflow", "thread".
    'sanitize%': 'none',
    # 1 counts the lines that run, for gcov.
    'count_lines%': 0,
  },
  'target_defaults': {
    'defines': ['_GNU_SOURCE', 'NAPI_VERSION=8'],
    'cflags!': ['-Wno-unused-parameter'],
    'cflags': ['-Wall', '-Wextra', '-fvisibility=hidden', '-fno-strict-overflow', '-U_FORTIFY_SOURCE'],
    'cflags_c': ['-std=c11', '-Wstrict-prototypes', '-Wvla'],
    'conditions': [
      ['werror==1', {'cflags': ['-Werror']}],
      # Where off_t has 64 bits anyway, this define only makes glibc's headers call fcntl64, which musl does not have.
      ['target_arch!="ia32" and target_arch!="arm"', {'defines!': ['_FILE_OFFSET_BITS=64']}],
      # Without it gcc asks glibc at run time which atomics the processor has, by a function that musl has not.
      ['target_arch=="arm64" and OS=="linux"', {'cflags': ['-mno-outline-atomics']}],
      ['sanitize!="none"', {
        'cflags': ['-fsanitize=<(sanitize)', '-fno-sanitize-recover=undefined,float-cast-overflow', '-fno-omit-frame-pointer', '-g'],
        'ldflags': ['-fsanitize=<(sanitize)'],
      }],
      # Threads count at the same time. Without optimisation a line stands for itself.
      ['count_lines==1', {
        'cflags!': ['-O3'],
        'cflags': ['--coverage', '-fprofile-update=atomic', '-O0', '-g'],
        'ldflags': ['--coverage'],
      }],
      # gyp links through the C++ driver; --as-needed drops the C++ libraries that it adds and that no C code uses.
      # Lazy binding: a runtime without libuv's symbols still gets the synchronous calls.
      # Not unloaded with the worker that loaded it: threads that close lingering sockets outlive it.
      # _FORTIFY_SOURCE is off because musl has none of its __*_chk functions, and one binary is to serve glibc and musl.
      ['OS!="mac"', {'ldflags': ['-Wl,--as-needed', '-static-libgcc', '-Wl,-z,relro,-z,lazy,-z,nodelete']}],
      ['OS=="mac"', {
        'xcode_settings': {
          'GCC_C_LANGUAGE_STANDARD': 'c11',
          'GCC_SYMBOLS_PRIVATE_EXTERN': 'YES',
          'WARNING_CFLAGS': ['-Wall', '-Wextra'],
        },
      }],
    ],
  },
  'targets': [
    {
      'target_name': 'berkeley',
      'sources': [
        'addon.c',
        'env.c',
        'call.c',
        'callback.c',
        'thread.c',
        'work.c',
        'linger.c',
        'ledger.c',
        'syscall.c',
        'constants/constants.c',
        'value/value.c',
        'value/number.c',
        'value/inet.c',
        'value/tcp.c',
        'value/cmsg.c',
        'value/tcp_info.c',
        'sys/socket.c',
        'sys/io.c',
        'sys/msg.c',
        'sys/rights.c',
        'sys/mmsg.c',
        'sys/cmsg.c',
        'sys/sockopt.c',
        'sys/addr.c',
        'sys/resolve.c',
        'sys/resolve_loop.c',
        'sys/resolve_work.c',
        'sys/interfaces.c',
        'sys/names.c',
        'sys/watch.c',
        'sys/inbox.c',
      ],
      'conditions': [
        # What is for Linux alone, and what other systems have in its place: see port/port.h.
        ['OS=="linux"', {'sources': ['port/linux.c', 'value/link.c', 'sys/labels.c', 'sys/netns.c', 'sys/gathered.c', 'sys/reactor.c', 'sys/reactor_loop.c', 'sys/reactor_thread.c']}],
        ['OS!="linux"', {'sources': ['port/bsd.c', 'port/absent.c']}],
      ],
    },
    {
      # TLS is a second addon, so that the first has no symbol of OpenSSL. Here every symbol is resolved when it is
      # loaded: on a runtime without OpenSSL that is the moment of the error, and no call later.
      'target_name': 'berkeley_tls',
      'conditions': [['OS!="mac"', {'ldflags': ['-Wl,-z,now']}]],
      'sources': [
        'call.c',
        'syscall.c',
        'tls/addon.c',
        'tls/handles.c',
        'tls/queue.c',
        'tls/memory.c',
        'tls/errors.c',
        'tls/bio.c',
        'tls/callbacks.c',
        'tls/hello.c',
        'tls/context.c',
        'tls/tickets.c',
        'tls/credentials.c',
        'tls/verify.c',
        'tls/verdict.c',
        'tls/shown.c',
        'tls/session.c',
        'tls/later.c',
        'tls/nested.c',
        'tls/psk.c',
        'tls/records.c',
        'tls/certificates.c',
        'tls/info.c',
      ],
    },
  ],
}
