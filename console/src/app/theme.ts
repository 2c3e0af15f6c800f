/** Colours and shapes. Defaults of the kit that lack contrast (WCAG 2.2, 1.4.3) are darker here, or lighter in the dark. */
import { type CSSVariablesResolver, createTheme, Input } from "@mantine/core";

export const theme = createTheme({
  primaryColor: "indigo",
  primaryShade: { light: 8, dark: 9 },
  autoContrast: true,
  defaultRadius: "md",
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "Cascadia Mono", "Liberation Mono", monospace',
  headings: { fontWeight: "650", sizes: { h1: { fontSize: "1.6rem" }, h2: { fontSize: "1.15rem" } } },
  focusRing: "auto",
  respectReducedMotion: true,
  components: {
    // The head of a dialog is not the page's. It is named, not imported: dialogs come later than the page.
    Modal: { defaultProps: { attributes: { header: { role: "presentation" } } } },
    // Named too. A meter and what turns are no ground of a text: they are as light as lines.
    Progress: { defaultProps: { color: "var(--lodge-accent)" } },
    Loader: { defaultProps: { color: "var(--lodge-accent)" } },
    // What is below an input moves no input beside it.
    InputWrapper: Input.Wrapper.extend({
      defaultProps: { inputWrapperOrder: ["label", "input", "error", "description"] },
    }),
  },
});

export const cssVariables: CSSVariablesResolver = ({ colors }) => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": colors.gray[7],
    "--mantine-color-anchor": colors.indigo[8],
    "--mantine-color-error": colors.red[9],
    "--mantine-color-placeholder": colors.gray[7],
    "--lodge-chosen": colors.indigo[0],
    "--lodge-chosen-text": colors.indigo[9],
    // Lines, rings and meters: what is filled has a text on it, so it is darker (1.4.11).
    "--lodge-accent": colors.indigo[8],
    "--lodge-disabled": colors.gray[2],
    "--lodge-line": colors.gray[3],
    "--lodge-raised": "#ffffff",
    "--lodge-ground": colors.gray[0],
    "--lodge-good": colors.teal[9],
    "--lodge-bad": colors.red[9],
    // The darkest yellow there is has 2.8 : 1 on the ground.
    "--lodge-busy": "#8a4b00",
  },
  dark: {
    "--mantine-color-dimmed": colors.dark[1],
    "--mantine-color-anchor": colors.indigo[3],
    "--mantine-color-error": colors.red[4],
    "--mantine-color-placeholder": colors.dark[1],
    "--lodge-chosen": colors.dark[5],
    "--lodge-chosen-text": "#ffffff",
    "--lodge-accent": colors.indigo[4],
    "--lodge-disabled": colors.dark[8],
    "--lodge-line": colors.dark[4],
    "--lodge-raised": colors.dark[7],
    "--lodge-ground": colors.dark[8],
    "--lodge-good": colors.teal[4],
    "--lodge-bad": colors.red[4],
    "--lodge-busy": colors.yellow[5],
  },
});
