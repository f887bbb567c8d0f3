/** Wrong arguments: exit status 2, with a hint at the help. */
export class UsageError extends Error {}

/** Exit statuses: docs/tool.md lists them. */
export const STATUS = { ok: 0, failed: 1, usage: 2, interrupted: 130, terminated: 143, brokenPipe: 141 } as const
