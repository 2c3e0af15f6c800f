/** The kinds of objects that the API has. */
export type ObjectKind = "drive" | "server" | "ip" | "vlan";
