export const text = {
  title: "Images",
  hint: "Systems that this cloud has ready: standard images, and CDs that systems are installed from.",
  emptyTitle: "No images yet",
  empty:
    "This cloud has no standard images yet. An image of your own is uploaded onto a drive, and servers boot from it.",
  upload: "Upload an image",
  use: "Create a server of this",
  columns: { name: "Name", kind: "Kind", size: "Size", use: "" },
  disk: "Standard image",
  cdrom: "CD",
} as const;
