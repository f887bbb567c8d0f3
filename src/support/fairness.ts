/** After so many answers in a row that needed no wait the event loop turns once: nobody keeps the others from being served. */
export const LUCK = 64
