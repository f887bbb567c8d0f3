# The fault shim: an addon for tests, which stands between the other addons and what they call. trust/shim/build.mjs builds it.
{
  'targets': [
    {
      'target_name': 'shim',
      'defines': ['_GNU_SOURCE', 'NAPI_VERSION=8'],
      'cflags': ['-Wall', '-Wextra', '-Werror', '-fvisibility=hidden', '-U_FORTIFY_SOURCE'],
      'cflags_c': ['-std=c11', '-Wstrict-prototypes', '-Wvla'],
      'defines!': ['_FILE_OFFSET_BITS=64'],
      'ldflags': ['-Wl,--as-needed', '-static-libgcc'],
      'sources': ['control.c', 'calls.c', 'faults.c', 'slots.c'],
    },
  ],
}
