/** What calls answer that have no errno. */

/** napi_generic_failure. */
export const GENERIC_FAILURE = 9
