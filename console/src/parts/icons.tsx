/** Pictures beside words; none says anything by itself. */
const PATHS = {
  overview: "M4 12 12 4l8 8v8h-5v-5H9v5H4z",
  servers: "M4 5h16v5H4zM4 14h16v5H4zM7.5 7.5h.01M7.5 16.500h.01",
  drives:
    "M4 7c0-1.700 3.600-3 8-3s8 1.300 8 3v10c0 1.700-3.600 3-8 3s-8-1.300-8-3zM4 7c0 1.700 3.600 3 8 3s8-1.300 8-3M4 12c0 1.700 3.600 3 8 3s8-1.300 8-3",
  images: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 10a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
  addresses: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18",
  vlans: "M9 3h6v5H9zM3 16h6v5H3zM15 16h6v5h-6zM12 8v4M6 16v-4h12v4",
  activity: "M3 12h4l3-8 4 16 3-8h4",
  account: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 20c0-4 3.600-6 8-6s8 2 8 6",
  screen: "M3 5h18v11H3zM9 20h6M12 16v4",
  api: "M8 6l-6 6 6 6M16 6l6 6-6 6M14 4l-4 16",
  cloud: "M7 18a4.500 4.500 0 0 1-.5-8.970 6 6 0 0 1 11.600 1.500A3.800 3.800 0 0 1 17.500 18z",
  logOut: "M10 4H5v16h5M14 8l4 4-4 4M18 12H9",
  dark: "M20 14.500A8.500 8.500 0 1 1 9.500 4a7 7 0 0 0 10.500 10.500z",
  light:
    "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.400 1.400M17.600 17.600 19 19M5 19l1.400-1.400M17.600 6.400 19 5",
  search: "M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13zM15.500 15.500 20 20",
  add: "M12 5v14M5 12h14",
  start: "M7 5l12 7-12 7z",
  stop: "M6 6h12v12H6z",
  shutdown: "M12 3v8M6.500 6.500a8 8 0 1 0 11 0",
  reset: "M4 5v5h5M5 10a8 8 0 1 1-1 5",
  destroy: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  upload: "M12 16V5M7 9.500 12 4.500l5 5M4 20h16",
  download: "M12 4v11M7 10.500l5 5 5-5M4 20h16",
  link: "M10 14a4 4 0 0 0 6 0l3-3a4.200 4.200 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4.200 4.200 0 0 0 6 6l1-1",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  warning: "M12 4 2.500 20h19zM12 10v4M12 17h.01",
} as const;

export type IconName = keyof typeof PATHS;

export const Icon = ({ name, size = 18 }: { name: IconName; size?: number }) => (
  <svg
    width={size}
    height={size}
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    strokeWidth={1.8}
    strokeLinecap="round"
    strokeLinejoin="round"
    aria-hidden="true"
    focusable="false"
  >
    <path d={PATHS[name]} />
  </svg>
);
