export const text = {
  title: "Log in to Lodge",
  user: "User",
  userHelp: "Your user's UUID.",
  secret: "Secret API key",
  secretHelp: "The page keeps neither: it begins a session, which ends after 12 hours without use.",
  logIn: "Log in",
  or: "Whoever runs this cloud gets a link that logs them in:",
  command: "bin/lodge console",
} as const;
