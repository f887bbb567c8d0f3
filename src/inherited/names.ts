/** The most characters of a name: systemd's FDNAME_MAX. */
const NAME_MAX = 255

/** What the names of passed descriptors may be (sd_pid_notify_with_fds(3), `FDNAME`): ASCII without control characters and colons. */
export function isFdName(name: string): boolean {
  return name.length <= NAME_MAX && /^[ -9;-~]*$/.test(name)
}

/** Says what {@link isFdName} asks for, after "must be". */
export const FD_NAME = `up to ${NAME_MAX} characters of ASCII, without control characters and colons`
