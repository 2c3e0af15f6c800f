/** An amount of money as the value of a key. */
import { z } from "zod";
import { moneyText, parseMoney } from "./money.ts";

/** Without needless zeroes. */
export const moneyValue = z
  .string()
  .transform((text, context) => {
    const amount = parseMoney(text);
    if (amount !== null) return moneyText(amount);
    context.addIssue({ code: "custom" });
    return z.NEVER;
  })
  .pipe(z.string());
