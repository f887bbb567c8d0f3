/** What each call may fail with, by the man pages of Linux and POSIX, and those of tcp(7), udp(7), ip(7), unix(7), socket(7). */

/** What a network tells of itself in whatever call comes next. */
const NETWORK = ['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'ETIMEDOUT', 'EPROTO', 'EIO']

const SENDING = [
  ...['EACCES', 'EAGAIN', 'EALREADY', 'EBADF', 'EDESTADDRREQ', 'EFAULT', 'EINTR', 'EINVAL', 'EISCONN', 'EMSGSIZE'],
  ...['ENOBUFS', 'ENOMEM', 'ENOTCONN', 'ENOTSOCK', 'EOPNOTSUPP', 'EPERM', 'EPIPE', 'EADDRNOTAVAIL', ...NETWORK],
]
const RECEIVING = [
  'EAGAIN',
  'EBADF',
  'EFAULT',
  'EINTR',
  'EINVAL',
  'ENOMEM',
  'ENOBUFS',
  'ENOTCONN',
  'ENOTSOCK',
  ...NETWORK,
]

export const ERRNOS = {
  accept4: [
    ...['EAGAIN', 'EBADF', 'ECONNABORTED', 'EFAULT', 'EINTR', 'EINVAL', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'],
    ...['ENOTSOCK', 'EOPNOTSUPP', 'EPERM', 'EPROTO', 'ENETDOWN', 'ENOPROTOOPT', 'EHOSTDOWN', 'ENONET'],
    ...['EHOSTUNREACH', 'ENETUNREACH', 'ESOCKTNOSUPPORT', 'EPROTONOSUPPORT', 'ETIMEDOUT'],
  ],
  bind: [
    ...['EACCES', 'EADDRINUSE', 'EBADF', 'EINVAL', 'ENOTSOCK', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EFAULT'],
    ...['ELOOP', 'ENAMETOOLONG', 'ENOENT', 'ENOMEM', 'ENOTDIR', 'EROFS', 'EPERM'],
  ],
  close: ['EBADF', 'EINTR', 'EIO', 'ENOSPC', 'EDQUOT'],
  connect: [
    ...['EACCES', 'EPERM', 'EADDRINUSE', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EALREADY', 'EBADF', 'ECONNREFUSED'],
    ...['EFAULT', 'EISCONN', 'ENETUNREACH', 'EHOSTUNREACH', 'ENOTSOCK', 'EPROTOTYPE', 'ETIMEDOUT', 'ENOENT', 'EINVAL'],
    ...['ECONNRESET', 'ENOBUFS', 'ENOMEM', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'],
  ],
  epoll_create1: ['EINVAL', 'EMFILE', 'ENFILE', 'ENOMEM'],
  epoll_ctl: ['EBADF', 'EEXIST', 'EINVAL', 'ELOOP', 'ENOENT', 'ENOMEM', 'ENOSPC', 'EPERM'],
  epoll_wait: ['EBADF', 'EFAULT', 'EINTR', 'EINVAL'],
  fcntl: ['EBADF', 'EINVAL', 'EPERM', 'EACCES', 'EFAULT'],
  fcntl_dup: ['EBADF', 'EINVAL', 'EMFILE'],
  getifaddrs: ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EACCES', 'EAFNOSUPPORT'],
  getpeername: ['EBADF', 'EFAULT', 'EINVAL', 'ENOBUFS', 'ENOTCONN', 'ENOTSOCK'],
  getsockname: ['EBADF', 'EFAULT', 'EINVAL', 'ENOBUFS', 'ENOTSOCK'],
  getsockopt: ['EBADF', 'EFAULT', 'EINVAL', 'ENOPROTOOPT', 'ENOTSOCK', 'EOPNOTSUPP', 'EACCES', 'ENOBUFS'],
  databases: ['EMFILE', 'ENFILE', 'ENOMEM', 'ENOENT'],
  gethostname: ['EFAULT', 'EINVAL', 'ENAMETOOLONG', 'EPERM'],
  if_nameindex: ['ENOBUFS', 'EMFILE', 'ENFILE', 'ENOMEM'],
  if_indextoname: ['ENXIO', 'ENOMEM', 'EMFILE'],
  if_nametoindex: ['ENODEV', 'ENOMEM', 'EMFILE', 'ENFILE'],
  ioctl: ['EBADF', 'EFAULT', 'EINVAL', 'ENOTTY', 'ENODEV'],
  listen: ['EADDRINUSE', 'EBADF', 'ENOTSOCK', 'EOPNOTSUPP', 'EDESTADDRREQ', 'EINVAL', 'ENOBUFS'],
  poll: ['EFAULT', 'EINTR', 'EINVAL', 'ENOMEM'],
  pread: ['EBADF', 'EFAULT', 'EINTR', 'EINVAL', 'EIO', 'EISDIR', 'ENOMEM', 'ESPIPE'],
  open: ['EACCES', 'ELOOP', 'EMFILE', 'ENFILE', 'ENOENT', 'ENOTDIR', 'ENOMEM'],
  pidfd: ['EBADF', 'EINVAL', 'EMFILE', 'ENFILE', 'ENODEV', 'ENOMEM', 'EPERM', 'ESRCH'],
  receiving: RECEIVING,
  sendfile: [
    ...['EAGAIN', 'EBADF', 'EFAULT', 'EINTR', 'EINVAL', 'EIO', 'ENOMEM', 'EOVERFLOW', 'ESPIPE', 'EPIPE', 'ECONNRESET'],
    ...['ENOTCONN', 'ENOBUFS', 'ETIMEDOUT', 'EPERM'],
  ],
  sending: SENDING,
  setns: ['EBADF', 'EINVAL', 'ENOMEM', 'EPERM', 'ESRCH'],
  setsockopt: [
    ...['EBADF', 'EFAULT', 'EINVAL', 'ENOPROTOOPT', 'ENOTSOCK', 'EDOM', 'EISCONN', 'ENOMEM', 'ENOBUFS', 'EPERM'],
    ...['EACCES', 'ENODEV', 'EOPNOTSUPP', 'EADDRINUSE'],
  ],
  shutdown: ['EBADF', 'EINVAL', 'ENOTCONN', 'ENOTSOCK', 'ENOBUFS'],
  sockatmark: ['EBADF', 'EINVAL', 'ENOTTY'],
  socket: [
    ...['EACCES', 'EAFNOSUPPORT', 'EINVAL', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EPROTONOSUPPORT', 'EPERM'],
    'EPROTOTYPE',
  ],
  socketpair: ['EAFNOSUPPORT', 'EFAULT', 'EMFILE', 'ENFILE', 'EOPNOTSUPP', 'EPROTONOSUPPORT', 'ENOMEM', 'EACCES'],
} as const satisfies Record<string, readonly string[]>
