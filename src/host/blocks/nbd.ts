/** NBD client (to come). */
/** An export of an NBD server on a unix socket. */
export type NbdAddress = { readonly socketPath: string; readonly exportName: string };
