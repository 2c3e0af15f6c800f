export const text = {
  title: "Systems that the cloud builds by itself",
  label: "Systems that the cloud builds",
  first: "This cloud has no standard image yet. Have it build one here,",
  upload: "upload an image of yours",
  orEmpty: ", or take an empty drive.",
  chosenThen: "Once it is there it is chosen below.",
  readyBelow: "It is there, among the standard images below.",
  hint: "Out of Debian's packages, as a standard image for every account.",
  systems: {
    sample: {
      name: "Sample system",
      build: "Build the sample system",
      does: "A small Linux to see that all works: it shows itself on the screen and answers by HTTP. It takes a minute, and 32\u00a0MiB.",
    },
    "debian-12": {
      name: "Debian 12",
      build: "Build Debian 12",
      does: "A whole system, set up by SSH keys and user-data. It takes some minutes.",
    },
  },
  begins: "It waits for its turn",
  failed: "It could not be built",
  broken: "what built it was cut off.",
  again: "Build it again",
  ready: "It is there.",
  use: "Create a server of this",
} as const;
