/** Settings of a cloud whose account may do more in a minute than any user does. */
export const NO_BOUNDS = {
  LODGE_LIMIT_SERVERS: "1000000",
  LODGE_LIMIT_DRIVES: "1000000",
  LODGE_RATE_REQUESTS: "1000000000",
  LODGE_RATE_MIB: "1000000000",
  LODGE_RATE_OBJECTS: "1000000",
} as const;
