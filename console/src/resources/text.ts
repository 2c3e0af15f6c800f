export const text = {
  ip: {
    title: "Addresses",
    create: "Get an address",
    emptyTitle: "No addresses yet",
    empty:
      "A static address is yours until you give it back, whichever of your servers has it. Servers without one get any free address when they start.",
    made: "The address is yours",
    destroy: "Give back",
    destroyed: "The address is given back",
    what: "address",
    note: "It may go to somebody else at once.",
  },
  vlan: {
    title: "VLANs",
    create: "Create a VLAN",
    emptyTitle: "No VLANs yet",
    empty: "A VLAN is a network of your own between your servers: nobody else is in it.",
    made: "The VLAN is made",
    destroy: "Destroy",
    destroyed: "The VLAN is destroyed",
    what: "VLAN",
    note: "Servers that are in it are connected to nothing then.",
  },
  columns: { name: "Name", resource: "Address", uuid: "UUID", used: "Used by", actions: "" },
  name: "Name",
  nameHelp: "What you call it.",
  inUse: (server: string) => `The server ${server} has it. Take it from that server first.`,
} as const;
